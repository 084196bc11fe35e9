import Testing

@testable import XMPP

@Suite("RFC 6120 §6 SASL") struct SASLClientTests {
  private static let all = SASLMechanism.allCases.map(\.rawValue) + ["DIGEST-MD5", "X-OAUTH2"]
  private static let tls = SASLClient.Channel(
    isEncrypted: true, bindings: [ChannelBinding(type: "tls-exporter", data: [1])])

  private func chosen(
    _ credentials: SASLClient.Credentials = .password(user: "romeo", password: "secret"), of offered: [String] = all,
    on channel: SASLClient.Channel = tls, _ change: (inout SASLClient.Policy) -> Void = { _ in }
  ) -> SASLMechanism? {
    var policy = SASLClient.Policy()
    change(&policy)
    return try? SASLClient(credentials, offered: offered, channel: channel, nonce: "abc", policy: policy).mechanism
  }

  @Test func `the best of what both sides have is chosen`() {
    #expect(chosen() == .scramSHA256Plus)
    #expect(chosen(of: ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"]) == .scramSHA1Plus)
    #expect(chosen(of: ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"]) == .scramSHA256)
    #expect(chosen(of: ["SCRAM-SHA-1", "PLAIN"]) == .scramSHA1)
    #expect(chosen(on: .init(isEncrypted: true)) == .scramSHA256)
    #expect(
      chosen(on: .init(isEncrypted: true, bindings: Self.tls.bindings, offeredBindings: ["tls-unique"])) == .scramSHA256
    )
    #expect(chosen { $0.mechanisms = [.plain] } == .plain)
    #expect(chosen(.anonymous) == .anonymous)
    #expect(chosen(.external()) == .external)
    #expect(chosen(.anonymous, of: ["PLAIN"]) == nil)
    #expect(chosen(of: ["DIGEST-MD5"]) == nil)
  }

  @Test func `PLAIN needs TLS, whatever is allowed`() throws {
    let open = SASLClient.Channel(isEncrypted: false)
    #expect(chosen(of: ["PLAIN"], on: open) == nil)
    let error = #expect(throws: SASLError.self) {
      try SASLClient(.password(user: "romeo", password: "x"), offered: ["PLAIN"], channel: open, nonce: "abc")
    }
    #expect(error?.code == .noMechanism)
    #expect(error?.description.contains("PLAIN needs TLS") == true)
  }

  @Test func `mechanisms without a challenge say all at once`() throws {
    func initial(_ credentials: SASLClient.Credentials, _ mechanism: String) throws -> [UInt8]? {
      let client = try SASLClient(credentials, offered: [mechanism], channel: Self.tls, nonce: "abc")
      guard case .auth(mechanism, let data) = client.begin() else { return nil }
      return data
    }
    #expect(try initial(.password(user: "romeo", password: "p"), "PLAIN") == Array("\0romeo\0p".utf8))
    #expect(
      try initial(.password(user: "admin", password: "p", authorization: "romeo@x"), "PLAIN")
        == Array("romeo@x\0admin\0p".utf8))
    #expect(try initial(.anonymous, "ANONYMOUS") == [])
    #expect(try initial(.external(), "EXTERNAL") == [])
    #expect(try initial(.external(authorization: "example.com"), "EXTERNAL") == Array("example.com".utf8))
    var plain = try SASLClient(
      .password(user: "romeo", password: "p"), offered: ["PLAIN"], channel: Self.tls, nonce: "abc")
    try plain.succeed(with: nil)
    #expect(throws: SASLError.self) { try plain.respond(to: []) }
    #expect(plain.keys == nil)
  }

  @Test func `credentials that no mechanism can carry are refused`() {
    #expect(chosen(.password(user: "", password: "x")) == nil)
    #expect(chosen(.password(user: "a\0b", password: "x")) == nil)
    #expect(chosen(.password(user: "a", password: "x\0y"), of: ["PLAIN"]) == nil)
  }

  @Test(
    arguments: [
      .auth(mechanism: "PLAIN", initial: [0, 65, 0, 66]), .auth(mechanism: "EXTERNAL", initial: []),
      .auth(mechanism: "ANONYMOUS", initial: nil), .challenge([1, 2, 3]), .challenge([]), .response([255]),
      .response([]),
      .abort, .success(nil), .success([]), .success([0]),
      .failure(SASLFailure(.notAuthorized, text: "no")), .failure(SASLFailure(.temporaryAuthFailure)),
    ] as [SASLMessage])
  func `an element reads back as it was written`(message: SASLMessage) throws {
    #expect(try SASLMessage(message.element) == message)
    let text = message.element.serialized()
    #expect(try SASLMessage(try XMLElement.parse(Array(text.utf8))) == message)
  }

  @Test func `an element that is not of the negotiation, or not base 64`() throws {
    #expect(try SASLMessage(XMLElement("auth", namespace: "urn:x")) == nil)
    #expect(try SASLMessage(XMLElement("proceed", namespace: XMPPNamespace.sasl)) == nil)
    for text in ["A", "AB", "ABC", "AB=C", "A===", "AB==CD==", "AB C", "====", "AAB="] {
      let failure = #expect(throws: SASLFailure.self) {
        try SASLMessage(XMLElement("response", namespace: XMPPNamespace.sasl, text: text))
      }
      #expect(failure?.condition == .incorrectEncoding, "\(text)")
    }
    let failure = #expect(throws: SASLFailure.self) {
      try SASLMessage(XMLElement("auth", namespace: XMPPNamespace.sasl))
    }
    #expect(failure?.condition == .invalidMechanism)
    let unknown = XMLElement(
      "failure", namespace: XMPPNamespace.sasl,
      children: [.element(XMLElement("bad-auth", namespace: XMPPNamespace.sasl))])
    #expect(try SASLMessage(unknown) == .failure(SASLFailure(.notAuthorized)))
  }

  @Test func `base 64 of every length`() {
    for count in 0...66 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
    #expect(Base64.encode(Array("Man".utf8)) == "TWFu")
    #expect(Base64.encode(Array("Ma".utf8)) == "TWE=")
    #expect(Base64.encode(Array("M".utf8)) == "TQ==")
  }
}
