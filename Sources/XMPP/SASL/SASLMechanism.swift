// Implements: RFC 6120 §6 · SASL · complete
// Implements: RFC 4616 · PLAIN · partial: the client's side
// Implements: RFC 4505 · ANONYMOUS · partial: the client's side, without trace information
// Implements: RFC 4422 appendix A · EXTERNAL · partial: the client's side
// Implements: RFC 9266 · channel bindings for TLS 1.3 · partial: their use; the data comes from TLS

/// The mechanisms that we have, the ones that we like best first.
public enum SASLMechanism: String, Sendable, CaseIterable {
  case external = "EXTERNAL"
  case scramSHA256Plus = "SCRAM-SHA-256-PLUS"
  case scramSHA1Plus = "SCRAM-SHA-1-PLUS"
  case scramSHA256 = "SCRAM-SHA-256"
  case scramSHA1 = "SCRAM-SHA-1"
  case plain = "PLAIN"
  case anonymous = "ANONYMOUS"

  /// The hash of a SCRAM mechanism, `nil` for the others.
  public var scramHash: SCRAMHash? {
    switch self {
    case .scramSHA256, .scramSHA256Plus: .sha256
    case .scramSHA1, .scramSHA1Plus: .sha1
    case .plain, .anonymous, .external: nil
    }
  }

  /// Whether it binds the TLS channel.
  public var bindsChannel: Bool { self == .scramSHA256Plus || self == .scramSHA1Plus }
}

/// What ties an authentication to one TLS connection, so that nobody can pass it on.
///
/// **Spec**: RFC 5056, RFC 5929 (`tls-server-end-point`, `tls-unique`), RFC 9266 (`tls-exporter`).
public struct ChannelBinding: Sendable, Hashable {
  /// The registered name.
  public var type: String
  /// What both ends of the connection know.
  public var data: [UInt8]

  /// A binding.
  public init(type: String, data: [UInt8]) {
    self.type = type
    self.data = data
  }
}

/// Why an authentication ends on our side.
public struct SASLError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of reason it is.
  public enum Code: Sendable, Hashable {
    /// The server has no mechanism that we have and may use.
    case noMechanism
    /// The server says what the mechanism does not allow.
    case malformedChallenge
    /// The server did not prove that it knows the password's keys: it is not the server that it claims to be.
    case serverNotAuthentic
    /// The server asks for more, or less, work than is reasonable.
    case unreasonableIterations
    /// User or password contain what cannot be prepared.
    case unusableCredentials
  }

  /// What kind of reason it is.
  public let code: Code
  /// What is wrong.
  public let description: String
}

/// Why a server refused an authentication.
///
/// **Shape**: `<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><not-authorized/><text>…</text></failure>`.
/// **Spec**: RFC 6120 §6.5.
public struct SASLFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// The defined conditions.
  public enum Condition: String, Sendable, CaseIterable {
    case aborted
    case accountDisabled = "account-disabled"
    case credentialsExpired = "credentials-expired"
    case encryptionRequired = "encryption-required"
    case incorrectEncoding = "incorrect-encoding"
    case invalidAuthzid = "invalid-authzid"
    case invalidMechanism = "invalid-mechanism"
    case malformedRequest = "malformed-request"
    case mechanismTooWeak = "mechanism-too-weak"
    case notAuthorized = "not-authorized"
    case temporaryAuthFailure = "temporary-auth-failure"
  }

  /// What is wrong. A condition that RFC 6120 does not have is read as `not-authorized` (§6.5).
  public var condition: Condition
  /// For people.
  public var text: String?

  /// A refusal.
  public init(_ condition: Condition, text: String? = nil) {
    self.condition = condition
    self.text = text
  }

  /// The condition, and what is said about it.
  public var description: String { text.map { "\(condition.rawValue): \($0)" } ?? condition.rawValue }
}
