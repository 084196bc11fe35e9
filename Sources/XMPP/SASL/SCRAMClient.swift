// Implements: RFC 5802 · SCRAM-SHA-1 and SCRAM-SHA-1-PLUS, both sides · complete
// Implements: RFC 7677 · SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, both sides · complete

/// The client's half of SCRAM: bytes in, bytes out.
///
/// **Spec**: RFC 5802 §3, §5–§7.
struct SCRAMClient {
  /// What the client says about binding the channel.
  enum Binding {
    /// It binds.
    case bound(ChannelBinding)
    /// It could, but the server did not offer it. A server that did offer it learns so that somebody took its offer away.
    case notOffered
    /// It can't.
    case none
  }

  private enum Stage {
    case begun
    case waitsForSignature([UInt8])
    case done
  }

  private let hash: SCRAMHash
  private let password: String
  private let iterations: ClosedRange<Int>
  private let header: [UInt8]
  private let bindingData: [UInt8]
  private let nonce: String
  private let bare: [UInt8]
  private var stage = Stage.begun
  /// What has been derived, or was known from before.
  private(set) var keys: SCRAMKeys?

  init(
    hash: SCRAMHash, user: String, password: String, authorization: String?, binding: Binding, nonce: String,
    iterations: ClosedRange<Int>, keys: SCRAMKeys?
  ) {
    self.hash = hash
    self.password = password
    self.iterations = iterations
    self.nonce = nonce
    self.keys = keys
    let flag: String
    switch binding {
    case .bound(let binding):
      flag = "p=\(binding.type)"
      bindingData = binding.data
    case .notOffered:
      flag = "y"
      bindingData = []
    case .none:
      flag = "n"
      bindingData = []
    }
    let identity = authorization.map { "a=\(SCRAMMessage.escaped($0))" } ?? ""
    header = Array("\(flag),\(identity),".utf8)
    bare = Array("n=\(SCRAMMessage.escaped(user)),r=\(nonce)".utf8)
  }

  /// The first message.
  var initialResponse: [UInt8] { header + bare }

  /// The answer to the server's challenge: the proof that the password is known. Does the rounds of PBKDF2, unless the keys
  /// for this salt are known from before.
  ///
  /// **Errors**: `malformedChallenge`, `unreasonableIterations`, `unusableCredentials`; `serverNotAuthentic` for a
  /// signature that is wrong.
  mutating func respond(to challenge: [UInt8]) throws(SASLError) -> [UInt8] {
    switch stage {
    case .begun:
      return try prove(challenge)
    case .waitsForSignature:
      // A server may send its signature as a challenge, to be answered with nothing, and succeed without data.
      try verify(challenge)
      return []
    case .done: throw Self.malformed("a server has nothing to ask after its signature")
    }
  }

  /// The server is content: it has to have proven that it knows the keys, then or now.
  mutating func succeed(with data: [UInt8]?) throws(SASLError) {
    switch stage {
    case .done: return
    case .waitsForSignature where data != nil: try verify(data ?? [])
    case .begun, .waitsForSignature:
      throw SASLError(
        code: .serverNotAuthentic, description: "the server let us in without proof that it knows the account")
    }
  }

  private mutating func prove(_ challenge: [UInt8]) throws(SASLError) -> [UInt8] {
    guard let attributes = SCRAMMessage.Attributes(challenge) else { throw Self.malformed("not attributes") }
    if attributes.value("m", at: 0) != nil { throw Self.malformed("an extension that we don't know is mandatory") }
    guard let full = attributes.value("r", at: 0), full.hasPrefix(nonce), full.utf8.count > nonce.utf8.count,
      SCRAMMessage.isNonce(full)
    else { throw Self.malformed("the nonce does not go on from ours") }
    guard let salt = attributes.value("s", at: 1).flatMap(Base64.decode), !salt.isEmpty else {
      throw Self.malformed("there is no salt")
    }
    guard let rounds = attributes.value("i", at: 2).flatMap({ Int($0) }) else {
      throw Self.malformed("there is no number of iterations")
    }
    guard iterations.contains(rounds) else {
      throw SASLError(
        code: .unreasonableIterations,
        description: "the server wants \(rounds) iterations, we do \(iterations.lowerBound) to \(iterations.upperBound)"
      )
    }
    if keys?.hash != hash || keys?.salt != salt || keys?.iterations != rounds {
      keys = SCRAMKeys(password: password, hash: hash, salt: salt, iterations: rounds)
    }
    guard let keys else {
      throw SASLError(code: .unusableCredentials, description: "the password is empty or has control characters")
    }
    let final = Array("c=\(Base64.encode(header + bindingData)),r=\(full)".utf8)
    let comma = [UInt8(ascii: ",")]
    let message = bare + comma + challenge + comma + final
    let signature = hash.authenticationCode(message, key: hash.hash(keys.clientKey))
    stage = .waitsForSignature(hash.authenticationCode(message, key: keys.serverKey))
    return final + Array(",p=\(Base64.encode(SCRAMMessage.xor(keys.clientKey, signature)))".utf8)
  }

  private mutating func verify(_ data: [UInt8]) throws(SASLError) {
    guard case .waitsForSignature(let expected) = stage, let attributes = SCRAMMessage.Attributes(data) else {
      throw Self.malformed("the server's last message is not attributes")
    }
    if let reason = attributes.value("e", at: 0) {
      throw SASLError(code: .malformedChallenge, description: "the server says: \(reason.prefix(100))")
    }
    guard let signature = attributes.value("v", at: 0).flatMap(Base64.decode),
      SCRAMMessage.isEqual(signature, expected)
    else {
      throw SASLError(code: .serverNotAuthentic, description: "the server does not know the account's keys")
    }
    stage = .done
  }

  private static func malformed(_ reason: String) -> SASLError {
    SASLError(code: .malformedChallenge, description: "SCRAM: \(reason)")
  }
}
