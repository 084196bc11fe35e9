/// The client's half of an authentication, whatever the mechanism: a machine, elements' data in and out.
///
/// ```swift
/// var sasl = try SASLClient(credentials, offered: features.mechanisms, channel: channel, nonce: nonce)
/// send(sasl.begin())                              // <auth/>
/// send(try sasl.respond(to: challenge))           // for each <challenge/>
/// try sasl.succeed(with: data)                    // at <success/>: has the server proven who it is?
/// ```
///
/// **Spec**: RFC 6120 §6.
public struct SASLClient {
  /// Who logs in.
  public enum Credentials: Sendable, Hashable {
    /// A user (the local part of an address), with a password, perhaps to act as somebody else.
    case password(user: String, password: String, authorization: String? = nil)
    /// Nobody.
    case anonymous
    /// Whom TLS says that we are.
    case external(authorization: String? = nil)
  }

  /// What is known of the connection.
  public struct Channel: Sendable {
    /// Whether it is under TLS, with a certificate that has been verified.
    public var isEncrypted: Bool
    /// What it can be bound by, the best first.
    public var bindings: [ChannelBinding]
    /// The names of bindings that the server knows (XEP-0440); `nil` where it does not say.
    public var offeredBindings: [String]?

    /// A connection.
    public init(isEncrypted: Bool, bindings: [ChannelBinding] = [], offeredBindings: [String]? = nil) {
      self.isEncrypted = isEncrypted
      self.bindings = bindings
      self.offeredBindings = offeredBindings
    }
  }

  /// What we accept.
  public struct Policy: Sendable {
    /// The mechanisms that may be used; default all. PLAIN is never used without TLS, whatever stands here.
    public var mechanisms = Set(SASLMechanism.allCases)
    /// How many rounds of PBKDF2 a server may ask for; default 4,096 (RFC 7677 §4) to 1,000,000: about a tenth of a
    /// second each, that the event loop does nothing else.
    public var iterations = 4096...1_000_000

    /// The defaults.
    public init() {}
  }

  private enum Exchange {
    case scram(SCRAMClient)
    case single([UInt8])
  }

  /// What was chosen.
  public let mechanism: SASLMechanism
  private var exchange: Exchange

  /// Chooses the best of the server's mechanisms.
  ///
  /// - Parameters:
  ///   - offered: The names in the server's features.
  ///   - nonce: At least 18 random bytes as visible ASCII without commas, used once. Of SCRAM only.
  ///   - keys: What ``keys`` was the last time, to save the rounds of PBKDF2.
  ///
  /// **Errors**: `noMechanism`, with what is offered and why it can't be used; `unusableCredentials`.
  public init(
    _ credentials: Credentials, offered: [String], channel: Channel, nonce: String, policy: Policy = Policy(),
    keys: SCRAMKeys? = nil
  ) throws(SASLError) {
    let usable = SASLMechanism.allCases.filter {
      policy.mechanisms.contains($0) && offered.contains($0.rawValue)
        && Self.canUse($0, with: credentials, channel: channel)
    }
    guard let mechanism = usable.first else {
      throw SASLError(
        code: .noMechanism,
        description: "of the mechanisms of the server, \(offered.joined(separator: ", ")), none can be used"
          + (offered.contains("PLAIN") && !channel.isEncrypted ? " (PLAIN needs TLS)" : ""))
    }
    self.mechanism = mechanism
    switch credentials {
    case .anonymous: exchange = .single([])
    case .external(let authorization): exchange = .single(Array((authorization ?? "").utf8))
    case .password(let user, let password, let authorization):
      guard !user.isEmpty, !user.utf8.contains(0), !password.utf8.contains(0), SCRAMMessage.isNonce(nonce) else {
        throw SASLError(code: .unusableCredentials, description: "a user's name is empty, or has a NUL in it")
      }
      if let hash = mechanism.scramHash {
        exchange = .scram(
          SCRAMClient(
            hash: hash, user: user, password: password, authorization: authorization,
            binding: Self.binding(mechanism, offered: offered, channel: channel), nonce: nonce,
            iterations: policy.iterations, keys: keys))
      } else {
        exchange = .single(Array("\(authorization ?? "")\0\(user)\0\(password)".utf8))
      }
    }
  }

  private static func canUse(_ mechanism: SASLMechanism, with credentials: Credentials, channel: Channel) -> Bool {
    switch (credentials, mechanism) {
    case (.anonymous, .anonymous), (.external, .external): true
    case (.password, .plain): channel.isEncrypted
    case (.password, .scramSHA1), (.password, .scramSHA256): true
    case (.password, .scramSHA1Plus), (.password, .scramSHA256Plus): common(channel) != nil
    default: false
    }
  }

  /// The best binding that both sides have. A server that does not say which it has, has ours.
  private static func common(_ channel: Channel) -> ChannelBinding? {
    channel.bindings.first { channel.offeredBindings?.contains($0.type) ?? true }
  }

  private static func binding(
    _ mechanism: SASLMechanism, offered: [String], channel: Channel
  ) -> SCRAMClient.Binding {
    if mechanism.bindsChannel, let binding = common(channel) { return .bound(binding) }
    let offersBinding = offered.contains { $0.hasPrefix("SCRAM-") && $0.hasSuffix("-PLUS") }
    return channel.bindings.isEmpty || offersBinding ? .none : .notOffered
  }

  /// The first element.
  public func begin() -> SASLMessage {
    switch exchange {
    case .scram(let scram): .auth(mechanism: mechanism.rawValue, initial: scram.initialResponse)
    case .single(let data): .auth(mechanism: mechanism.rawValue, initial: data)
    }
  }

  /// The answer to a challenge. With SCRAM it does the rounds of PBKDF2.
  ///
  /// **Errors**: as ``SASLError/Code`` says; the negotiation is then to be aborted.
  public mutating func respond(to challenge: [UInt8]) throws(SASLError) -> SASLMessage {
    switch exchange {
    case .single:
      throw SASLError(
        code: .malformedChallenge, description: "the server has nothing to ask with \(mechanism.rawValue)")
    case .scram(var scram):
      let response = try scram.respond(to: challenge)
      exchange = .scram(scram)
      return .response(response)
    }
  }

  /// The server is content; with SCRAM only now it is known to be the server that has the account.
  public mutating func succeed(with data: [UInt8]?) throws(SASLError) {
    guard case .scram(var scram) = exchange else { return }
    try scram.succeed(with: data)
    exchange = .scram(scram)
  }

  /// What was derived from the password, for the next connection; `nil` before the challenge and without SCRAM.
  public var keys: SCRAMKeys? {
    if case .scram(let scram) = exchange { scram.keys } else { nil }
  }
}
