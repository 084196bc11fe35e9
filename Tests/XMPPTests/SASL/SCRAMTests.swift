import Testing

@testable import XMPP

@Suite("RFC 5802, RFC 7677 SCRAM") struct SCRAMTests {
  private static let policy = SASLClient.Policy()
  private static let plain = SASLClient.Channel(isEncrypted: false)

  private func client(
    _ mechanism: SASLMechanism, user: String = "user", password: String = "pencil", nonce: String = "clientnonce",
    channel: SASLClient.Channel = plain, offered: [String]? = nil, keys: SCRAMKeys? = nil
  ) throws -> SASLClient {
    var policy = Self.policy
    policy.mechanisms = [mechanism]
    return try SASLClient(
      .password(user: user, password: password), offered: offered ?? [mechanism.rawValue], channel: channel,
      nonce: nonce, policy: policy, keys: keys)
  }

  private func text(_ message: SASLMessage) -> String {
    switch message {
    case .auth(_, let data): String(decoding: data ?? [], as: UTF8.self)
    case .challenge(let data), .response(let data): String(decoding: data, as: UTF8.self)
    default: "\(message)"
    }
  }

  @Test(arguments: [
    (
      SASLMechanism.scramSHA1, "fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j", "QSXCR+Q6sek8bf92",
      "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ="
    ),
    (
      SASLMechanism.scramSHA256, "rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", "W22ZaJ0SNY7soEsUEjb6gQ==",
      "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    ),
  ])
  func `the exchange of the RFC, from both ends`(
    mechanism: SASLMechanism, clientNonce: String, serverNonce: String, salt: String, proof: String, signature: String
  ) throws {
    var client = try client(mechanism, nonce: clientNonce)
    #expect(text(client.begin()) == "n,,n=user,r=\(clientNonce)")
    let challenge = "r=\(clientNonce)\(serverNonce),s=\(salt),i=4096"
    let final = try client.respond(to: Array(challenge.utf8))
    #expect(text(final) == "c=biws,r=\(clientNonce)\(serverNonce),p=\(proof)")

    let hash = try #require(mechanism.scramHash)
    let keys = try #require(
      SCRAMKeys(password: "pencil", hash: hash, salt: Base64.decode(salt) ?? [], iterations: 4096))
    #expect(client.keys == keys)
    var server = try #require(
      SCRAMServer(mechanism: mechanism, bindings: [], offersBinding: false, nonce: serverNonce))
    #expect(try server.begin(Array(text(client.begin()).utf8)) == .init(user: "user", authorization: nil))
    #expect(try server.challenge(with: keys.stored) == Array(challenge.utf8))
    let success = try server.finish(Array(text(final).utf8))
    #expect(success == Array("v=\(signature)".utf8))
    try client.succeed(with: success)
  }

  @Test(arguments: ["Romeo, =Montague=", "\u{E9}t\u{E9}", "=2C"], [SASLMechanism.scramSHA256Plus, .scramSHA1Plus])
  func `names with commas and equals signs, and a bound channel`(user: String, mechanism: SASLMechanism) throws {
    let binding = ChannelBinding(type: "tls-exporter", data: Array(0...31))
    let other = ChannelBinding(type: "tls-server-end-point", data: [1])
    var client = try client(
      mechanism, user: user,
      channel: .init(isEncrypted: true, bindings: [other, binding], offeredBindings: ["tls-exporter"]))
    #expect(text(client.begin()).hasPrefix("p=tls-exporter,,n="))
    var server = try #require(
      SCRAMServer(mechanism: mechanism, bindings: [other, binding], offersBinding: true, nonce: "servernonce"))
    #expect(try server.begin(Array(text(client.begin()).utf8)).user == user)
    let hash = try #require(mechanism.scramHash)
    let keys = try #require(SCRAMKeys(password: "pencil", hash: hash, salt: [1, 2, 3], iterations: 4096))
    let final = try client.respond(to: try server.challenge(with: keys.stored))
    try client.succeed(with: try server.finish(Array(text(final).utf8)))
  }

  /// Runs both ends as far as they go.
  private func outcome(
    mechanism: SASLMechanism = .scramSHA256, password: String = "pencil", clientChannel: SASLClient.Channel = plain,
    serverBindings: [ChannelBinding] = [], offersBinding: Bool = false, offered: [String]? = nil
  ) throws -> SASLFailure? {
    var client = try client(mechanism, password: password, channel: clientChannel, offered: offered)
    var server = try #require(
      SCRAMServer(
        mechanism: mechanism, bindings: serverBindings, offersBinding: offersBinding, nonce: "servernonce"))
    let hash = try #require(mechanism.scramHash)
    let keys = try #require(SCRAMKeys(password: "pencil", hash: hash, salt: [1, 2, 3], iterations: 4096))
    do throws(SASLFailure) {
      _ = try server.begin(Array(text(client.begin()).utf8))
    } catch {
      return error
    }
    let final = try client.respond(to: try server.challenge(with: keys.stored))
    do throws(SASLFailure) {
      let success = try server.finish(Array(text(final).utf8))
      #expect((try? client.succeed(with: success)) != nil)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a wrong password is not authorised`() throws {
    #expect(try outcome() == nil)
    #expect(try outcome(password: "pencils")?.condition == .notAuthorized)
  }

  @Test func `a channel in the middle is not authorised, and an offer taken away is noticed`() throws {
    let mine = ChannelBinding(type: "tls-exporter", data: [1, 2, 3])
    let theirs = ChannelBinding(type: "tls-exporter", data: [4, 5, 6])
    let channel = SASLClient.Channel(isEncrypted: true, bindings: [mine])
    #expect(
      try outcome(
        mechanism: .scramSHA256Plus, clientChannel: channel, serverBindings: [mine], offersBinding: true) == nil)
    #expect(
      try outcome(
        mechanism: .scramSHA256Plus, clientChannel: channel, serverBindings: [theirs], offersBinding: true)?.condition
        == .notAuthorized)
    // The offer of -PLUS is missing in what the client sees, but the server made it.
    #expect(
      try outcome(clientChannel: channel, serverBindings: [mine], offersBinding: true)?.condition == .notAuthorized)
    #expect(try outcome(clientChannel: channel, serverBindings: [mine], offersBinding: false) == nil)
    // A client that cannot bind is not a sign of anything.
    #expect(try outcome(serverBindings: [mine], offersBinding: true) == nil)
  }

  @Test(arguments: [
    "", "r=other,s=AQID,i=4096", "r=clientnonce,s=AQID,i=4096", "r=clientnonceX,s=,i=4096", "r=clientnonceX,s=?,i=4096",
    "r=clientnonceX,i=4096", "r=clientnonceX,s=AQID", "r=clientnonceX,s=AQID,i=x", "r=clientnonceX,s=AQID,i=-1",
    "m=x,r=clientnonceX,s=AQID,i=4096", "r=clientnonceX,s=AQID,i=4095", "r=clientnonceX,s=AQID,i=1000001",
    "r=clientnonceX,s=AQID,i=99999999999999999999", "r=clientnonce\u{7F},s=AQID,i=4096", "e=other-error",
    "r=clientnonceX,,s=AQID,i=4096",
  ])
  func `a challenge that is not one ends the negotiation`(challenge: String) throws {
    var client = try client(.scramSHA256)
    let error = #expect(throws: SASLError.self) { try client.respond(to: Array(challenge.utf8)) }
    #expect(error.map { [.malformedChallenge, .unreasonableIterations].contains($0.code) } == true)
  }

  @Test func `a server that does not prove who it is is left`() throws {
    for (data, isProven) in [(nil, false), ("v=AAAA", false), ("", false), ("e=unknown-user", false)]
      as [(String?, Bool)]
    {
      var client = try client(.scramSHA256)
      _ = try client.respond(to: Array("r=clientnonceX,s=AQID,i=4096".utf8))
      #expect(((try? client.succeed(with: data.map { Array($0.utf8) })) != nil) == isProven, "\(data ?? "no data")")
    }
    var early = try client(.scramSHA256)
    let error = #expect(throws: SASLError.self) { try early.succeed(with: nil) }
    #expect(error?.code == .serverNotAuthentic)
  }

  @Test func `the proof may come as a challenge, and success without data`() throws {
    var client = try client(.scramSHA1, nonce: "fyko+d2lbbFgONRv9qkxdawL")
    _ = try client.respond(to: Array("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096".utf8))
    #expect(try client.respond(to: Array("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=".utf8)) == .response([]))
    try client.succeed(with: nil)
    #expect(throws: SASLError.self) { try client.respond(to: [1]) }
  }

  @Test(arguments: [
    "", "n,,", "n", "x,,n=user,r=abc", "n,,r=abc,n=user", "n,,n=,r=abc", "n,,n=user", "n,,n=us=er,r=abc",
    "n,,n=user,r=a\u{E9}", "n,b=x,n=user,r=abc", "p=tls-exporter,,n=user,r=abc", "n,,m=x,n=user,r=abc",
    "n,a=,n=user,r=abc",
  ])
  func `a beginning that is not one is malformed`(message: String) throws {
    var server = try #require(
      SCRAMServer(mechanism: .scramSHA256, bindings: [], offersBinding: false, nonce: "servernonce"))
    let failure = #expect(throws: SASLFailure.self) { try server.begin(Array(message.utf8)) }
    #expect(failure?.condition == .malformedRequest)
  }

  @Test func `known keys save the rounds, keys of another salt are not used`() throws {
    let keys = try #require(SCRAMKeys(password: "pencil", hash: .sha256, salt: [1, 2, 3], iterations: 4096))
    // A wrong password with right keys shows which of the two was used.
    var known = try client(.scramSHA256, password: "wrong", keys: keys)
    _ = try known.respond(to: Array("r=clientnonceX,s=AQID,i=4096".utf8))
    #expect(known.keys == keys)
    var salted = try client(.scramSHA256, password: "pencil", keys: keys)
    _ = try salted.respond(to: Array("r=clientnonceX,s=AQIE,i=4096".utf8))
    #expect(salted.keys?.salt == [1, 2, 4])
  }

  @Test func `a name without account has a salt of its own, always the same`() throws {
    let secret = [UInt8](repeating: 7, count: 16)
    func decoy(_ name: String) -> SCRAMStoredKeys {
      .decoy(for: name, hash: .sha256, iterations: 4096, secret: secret)
    }
    #expect(decoy("tybalt") == decoy("tybalt"))
    #expect(decoy("tybalt").salt != decoy("mercutio").salt)
    #expect(decoy("tybalt").salt.count == 16)
  }
}
