/// The server's half of SCRAM: bytes in, bytes out.
///
/// **Spec**: RFC 5802 §3, §5–§7.
public struct SCRAMServer: Sendable {
  /// Who wants to come in.
  public struct Request: Sendable, Hashable {
    /// The account's name, as it was sent.
    public var user: String
    /// As whom, where that is somebody else.
    public var authorization: String?
  }

  private enum Stage: Sendable {
    case begun
    case named(first: [UInt8], clientNonce: String)
    case challenged(first: [UInt8], challenge: [UInt8], nonce: String, keys: SCRAMStoredKeys)
    case done
  }

  private let mechanism: SASLMechanism
  private let hash: SCRAMHash
  private let bindings: [ChannelBinding]
  private let offersBinding: Bool
  private let nonce: String
  private var header: [UInt8] = []
  private var bindingData: [UInt8] = []
  private var stage = Stage.begun

  /// One negotiation; `nil` for a mechanism that is not SCRAM.
  ///
  /// - Parameters:
  ///   - bindings: What the TLS connection can be bound by; empty without TLS.
  ///   - offersBinding: Whether the -PLUS form was offered.
  ///   - nonce: At least 18 random bytes as visible ASCII without commas.
  public init?(mechanism: SASLMechanism, bindings: [ChannelBinding], offersBinding: Bool, nonce: String) {
    guard let hash = mechanism.scramHash, SCRAMMessage.isNonce(nonce) else { return nil }
    self.mechanism = mechanism
    self.hash = hash
    self.bindings = bindings
    self.offersBinding = offersBinding
    self.nonce = nonce
  }

  /// Reads the client's first message. Whose keys ``challenge(with:)`` wants, it says.
  public mutating func begin(_ message: [UInt8]) throws(SASLFailure) -> Request {
    guard case .begun = stage else { throw Self.malformed("a second beginning") }
    let comma = UInt8(ascii: ",")
    guard let first = message.firstIndex(of: comma), let second = message[(first + 1)...].firstIndex(of: comma) else {
      throw Self.malformed("there is no header")
    }
    try readFlag(String(decoding: message[..<first], as: UTF8.self))
    var authorization: String?
    if second > first + 1 {
      guard let attributes = SCRAMMessage.Attributes(message[(first + 1)..<second]),
        let name = attributes.value("a", at: 0).flatMap(SCRAMMessage.unescaped), !name.isEmpty
      else { throw Self.malformed("the header names nobody to act as") }
      authorization = name
    }
    header = Array(message[...second])
    let bare = Array(message[(second + 1)...])
    guard let attributes = SCRAMMessage.Attributes(bare) else { throw Self.malformed("not attributes") }
    if attributes.value("m", at: 0) != nil { throw Self.malformed("an extension that we don't know is mandatory") }
    guard let user = attributes.value("n", at: 0).flatMap(SCRAMMessage.unescaped), !user.isEmpty else {
      throw Self.malformed("there is no user")
    }
    guard let clientNonce = attributes.value("r", at: 1), SCRAMMessage.isNonce(clientNonce) else {
      throw Self.malformed("there is no nonce")
    }
    stage = .named(first: bare, clientNonce: clientNonce)
    return Request(user: user, authorization: authorization)
  }

  /// The challenge for the account's keys; for a name without account, ``SCRAMStoredKeys/decoy(for:hash:iterations:secret:)``.
  public mutating func challenge(with keys: SCRAMStoredKeys) throws(SASLFailure) -> [UInt8] {
    guard case .named(let first, let clientNonce) = stage, keys.hash == hash else {
      throw SASLFailure(.temporaryAuthFailure)
    }
    let full = clientNonce + nonce
    let challenge = Array("r=\(full),s=\(Base64.encode(keys.salt)),i=\(keys.iterations)".utf8)
    stage = .challenged(first: first, challenge: challenge, nonce: full, keys: keys)
    return challenge
  }

  /// Checks the client's proof, and gives ours for the `success`.
  ///
  /// **Errors**: `not-authorized` for a wrong password and for a channel that is not the one that the client sees.
  public mutating func finish(_ message: [UInt8]) throws(SASLFailure) -> [UInt8] {
    guard case .challenged(let first, let challenge, let nonce, let keys) = stage else {
      throw Self.malformed("a proof before its challenge")
    }
    stage = .done
    guard let attributes = SCRAMMessage.Attributes(message),
      let channel = attributes.value("c", at: 0).flatMap(Base64.decode),
      let proof = attributes.last("p").flatMap(Base64.decode), proof.count == hash.byteCount
    else { throw Self.malformed("there is no proof") }
    guard attributes.value("r", at: 1) == nonce else { throw Self.malformed("the nonce is not ours") }
    guard SCRAMMessage.isEqual(channel, header + bindingData) else {
      throw SASLFailure(.notAuthorized, text: "this is not the channel that the client sees")
    }
    // The proof is the last attribute, and base 64 has no comma.
    let final = message[..<(message.lastIndex(of: UInt8(ascii: ",")) ?? 0)]
    let comma = [UInt8(ascii: ",")]
    let whole = first + comma + challenge + comma + final
    let clientKey = SCRAMMessage.xor(proof, hash.authenticationCode(whole, key: keys.storedKey))
    guard SCRAMMessage.isEqual(hash.hash(clientKey), keys.storedKey) else { throw SASLFailure(.notAuthorized) }
    return Array("v=\(Base64.encode(hash.authenticationCode(whole, key: keys.serverKey)))".utf8)
  }

  private mutating func readFlag(_ flag: String) throws(SASLFailure) {
    switch flag {
    case "n":
      guard !mechanism.bindsChannel else { throw Self.malformed("the -PLUS form binds a channel") }
    case "y":
      guard !mechanism.bindsChannel else { throw Self.malformed("the -PLUS form binds a channel") }
      guard !offersBinding else {
        throw SASLFailure(.notAuthorized, text: "somebody took our offer to bind the channel away")
      }
    case _ where flag.hasPrefix("p="):
      guard mechanism.bindsChannel else { throw Self.malformed("a channel is bound by the -PLUS form only") }
      guard let binding = bindings.first(where: { $0.type == flag.dropFirst(2) }) else {
        throw Self.malformed("this channel binding is not known here")
      }
      bindingData = binding.data
    default: throw Self.malformed("the header is n, y or p")
    }
  }

  private static func malformed(_ reason: String) -> SASLFailure {
    SASLFailure(.malformedRequest, text: "SCRAM: \(reason)")
  }
}
