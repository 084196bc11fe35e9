import NIOCore
import ServerKit
import TestKit
import Testing
import XMPP

@testable import XMPPTransport

@Suite("A client at a server that does what it should not", .timeLimit(.minutes(2)))
struct ClientFaultTests {
  private func client(
    _ server: FakeServer, _ recorder: Recorder, change: (inout ClientConfiguration) -> Void = { _ in }
  ) async throws -> ClientStream {
    var configuration = ClientConfiguration(address: try JID("example"), login: .anonymous)
    configuration.place = ServerPlace(host: server.address.host, port: Int(server.address.port))
    configuration.security = .plainOnLoopback
    configuration.settings = .impatient
    change(&configuration)
    return ClientStream(configuration, transport: try await .forTests(), handlers: recorder.handlers)
  }

  @Test func `a server without TLS gets no login`() async throws {
    let told = Told()
    let server = try FakeServer({ peer in
      try peer.openClientStream(
        "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>")
      told.set(String(decoding: try peer.connection.receiveToEnd(), as: UTF8.self) + " ")
    })
    let romeo = try await client(server, Recorder()) {
      $0.security = .verified
      $0.login = .password(Secret("wherefore"))
    }
    await #expect(throws: TransportError.insecure("the server offers no TLS")) { try await romeo.connect() }
    await told.wait()
    #expect(!told.value.contains("<auth"))
  }

  @Test func `what is slipped in before TLS counts for nothing`() async throws {
    let server = try FakeServer({ peer in
      try peer.openClientStream("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>")
      try peer.expect("<starttls")
      try peer.expect(">")
      try peer.send(
        "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><stream:features>"
          + "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>ANONYMOUS</mechanism></mechanisms>"
          + "</stream:features><message><body>forged</body></message>")
      let bytes = try peer.connection.receive()
      // A handshake, and nothing in the clear.
      if bytes.first != 0x16 { throw TestFailure("\(bytes)") }
    })
    let recorder = Recorder()
    let romeo = try await client(server, recorder) {
      $0.security = .unverifiedOnLoopback
      $0.settings.maxAttempts = 1
    }
    await #expect { try await romeo.connect() } throws: { error in
      if case .tls = error as? TransportError { true } else { false }
    }
    #expect(recorder.stanzas.isEmpty)
    #expect(server.problems.isEmpty, "\(server.problems)")
  }

  @Test func `a login is not weaker than the one before`() {
    var configuration = ClientConfiguration(address: JID(prepared: "romeo@example"), login: .password(Secret("w")))
    configuration.security = .plainOnLoopback
    configuration.allowsClearPassword = true
    func begun(_ offered: String, after mechanism: SASLMechanism?) -> [NegotiationAction] {
      var machine = ClientNegotiation(configuration, memory: mechanism.map { LoginMemory(mechanism: $0) })
      _ = machine.began(ConnectionFacts(isLoopback: true))
      _ = machine.opened(StreamHeader(namespace: XMPPNamespace.client, id: "s", version: "1.0"))
      let mechanism = XMLElement("mechanism", namespace: XMPPNamespace.sasl, text: offered)
      let mechanisms = XMLElement("mechanisms", namespace: XMPPNamespace.sasl, children: [.element(mechanism)])
      return machine.received(
        XMLElement("features", namespace: XMPPNamespace.stream, children: [.element(mechanisms)]))
    }
    func isRefused(_ actions: [NegotiationAction]) -> Bool {
      if case .fail(.insecure) = actions.last { true } else { false }
    }
    #expect(!isRefused(begun("PLAIN", after: nil)))
    #expect(!isRefused(begun("SCRAM-SHA-1", after: .scramSHA1)))
    #expect(!isRefused(begun("SCRAM-SHA-256", after: .scramSHA1)))
    #expect(isRefused(begun("PLAIN", after: .scramSHA1)))
    #expect(isRefused(begun("SCRAM-SHA-1", after: .scramSHA256)))
  }

  @Test func `the login is bound to the server's certificate where the server can do that`() throws {
    let configuration = ClientConfiguration(address: try JID("romeo@example"), login: .password(Secret("wherefore")))
    let facts = ConnectionFacts(
      isEncrypted: true, isVerified: true,
      bindings: [ChannelBinding(type: "tls-server-end-point", data: [1, 2, 3])])
    func first(_ binding: String?) throws -> String {
      var machine = ClientNegotiation(configuration)
      _ = machine.began(facts)
      _ = machine.opened(StreamHeader(namespace: XMPPNamespace.client, id: "s", version: "1.0"))
      let bindings = binding.map {
        "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='\($0)'/></sasl-channel-binding>"
      }
      let features = try XMLElement.parse(
        Array(
          ("<features xmlns='\(XMPPNamespace.stream)'><mechanisms xmlns='\(XMPPNamespace.sasl)'>"
            + "<mechanism>SCRAM-SHA-1-PLUS</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms>"
            + (bindings ?? "") + "</features>").utf8))
      guard case .send(let bytes) = machine.received(features).last else { return "" }
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(try first("tls-server-end-point").contains("SCRAM-SHA-1-PLUS"))
    // Where there is no common binding the plain form is right, and says so: "y" would claim an attack.
    #expect(try first("tls-exporter").contains("\"SCRAM-SHA-1\""))
    #expect(try first(nil).contains("\"SCRAM-SHA-1\""))
  }

  @Test func `the hash of a certificate is that of its signature`() throws {
    let folder = try TemporaryFolder()
    for (curve, digest) in [("prime256v1", "sha256"), ("secp384r1", "sha384"), ("prime256v1", "sha512")] {
      let file = folder.file("\(curve)\(digest).der")
      try Command.run(
        "openssl",
        [
          "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:\(curve)", "-\(digest)", "-nodes", "-keyout",
          folder.file("key"), "-outform", "DER", "-out", file, "-subj", "/CN=a",
        ])
      let expected = try Command.run("openssl", ["dgst", "-\(digest)", file]).output
        .split(separator: "= ").last?.trimmed
      let bytes = try Command.run("od", ["-An", "-v", "-tu1", file]).output
        .split(whereSeparator: { $0 == " " || $0 == "\n" }).compactMap { UInt8($0) }
      let hash = try #require(CertificateHash.endPoint(certificate: bytes))
      #expect(hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == expected)
      for count in 0..<bytes.count where count % 7 == 0 {
        #expect(CertificateHash.endPoint(certificate: Array(bytes[..<count])) == nil)
      }
    }
  }

  @Test func `a resumption sends what was not acknowledged, and only that`() async throws {
    let (first, second) = (Told(), Told())
    let server = try FakeServer(
      { peer in
        try peer.acceptSession(resumable: "session-1")
        try peer.send("<message id='in1'/><message id='in2'/>")
        first.set(try peer.expect("<body>6</body></message>"))
        // It has them all; of its acknowledgements only this one arrives.
        try peer.send("<a xmlns='urn:xmpp:sm:3' h='2'/><message id='in3'/><r xmlns='urn:xmpp:sm:3'/>")
        try peer.expect("h=\"3\"/>")
        peer.connection.close(reset: true)
      },
      { peer in
        try peer.acceptLogin()
        let resume = try peer.expect("/>")
        try peer.send("<resumed xmlns='urn:xmpp:sm:3' previd='session-1' h='4'/><message id='in4'/>")
        second.set(resume + (try peer.expect("<body>7</body></message>")))
        try peer.send("<a xmlns='urn:xmpp:sm:3' h='7'/>")
        try peer.expect("</stream:stream>")
        try peer.send("</stream:stream>")
      })
    let recorder = Recorder()
    let romeo = try await client(server, recorder)
    _ = try await romeo.connect()
    for number in 1...6 { try romeo.send(.message(to: "a@b", "\(number)")) }
    await recorder.offline()
    // It waits for the resumption.
    try romeo.send(.message(to: "a@b", "7"))
    await second.wait()
    #expect(second.value.contains("previd=\"session-1\"") && second.value.contains("h=\"3\""), "\(second.value)")
    let bodies = second.value.split(separator: "<body>").dropFirst().map { $0.prefix(1) }
    #expect(bodies == ["5", "6", "7"], "\(second.value)")
    await recorder.stanzas(atLeast: 4)
    #expect(recorder.stanzas.map(\.id) == ["in1", "in2", "in3", "in4"])
    romeo.close()
    #expect(await romeo.ended() == .closed)
    #expect(recorder.undelivered.isEmpty)
    #expect(server.problems.isEmpty, "\(server.problems)")
  }

  @Test func `a session that cannot be resumed says what of it was not delivered`() async throws {
    let server = try FakeServer(
      { peer in
        try peer.acceptSession(resumable: "session-1")
        try peer.expect("<body>3</body></message>")
        peer.connection.close(reset: true)
      },
      { peer in
        try peer.acceptLogin()
        try peer.expect("<resume")
        try peer.send(
          "<failed xmlns='urn:xmpp:sm:3' h='1'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
        try peer.expect("</iq>")
        try peer.send(
          "<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>a2@example/r</jid></bind></iq>"
        )
        try peer.expect("<enable")
        try peer.send("<enabled xmlns='urn:xmpp:sm:3'/>")
        try peer.expectEnd()
      })
    let recorder = Recorder()
    let romeo = try await client(server, recorder)
    _ = try await romeo.connect()
    for number in 1...3 { try romeo.send(.message(to: "a@b", "\(number)")) }
    await recorder.online(atLeast: 2)
    #expect(recorder.onlineCount(isResumed: true) == 0)
    let lost = recorder.undelivered.map { $0.split(separator: "<body>").last?.prefix(1) }
    #expect(lost == ["2", "3"])
    romeo.close()
    #expect(server.problems.isEmpty, "\(server.problems)")
  }

  @Test func `who acknowledges more than was sent is told so`() async throws {
    let told = Told()
    let server = try FakeServer(
      { peer in
        try peer.acceptSession(resumable: nil)
        try peer.send("<a xmlns='urn:xmpp:sm:3' h='1'/>")
        told.set(try peer.expect("</stream:stream>"))
      },
      { peer in
        try peer.acceptSession(resumable: nil)
        try peer.expectEnd()
      })
    let recorder = Recorder()
    let romeo = try await client(server, recorder)
    _ = try await romeo.connect()
    await recorder.online(atLeast: 2)
    #expect(told.value.contains("undefined-condition"), "\(told.value)")
    romeo.close()
  }

  @Test func `no more is written than may be unacknowledged`() async throws {
    let told = Told()
    let server = try FakeServer({ peer in
      try peer.acceptSession(resumable: nil)
      try peer.expect("<body>5</body></message>")
      // Nothing else comes, until this.
      told.set("now")
      try peer.send("<a xmlns='urn:xmpp:sm:3' h='5'/>")
      let more = try peer.expect("<body>8</body></message>")
      if more.contains("<body>5") { throw TestFailure(more) }
      try peer.expectEnd()
    })
    let recorder = Recorder()
    let romeo = try await client(server, recorder) {
      $0.settings.maxUnacknowledged = 5
    }
    _ = try await romeo.connect()
    var refused = 0
    for number in 1...5 {
      try romeo.send(.message(to: "a@b", "\(number)"))
      await told.waitIf(number == 5)
    }
    for number in 6...8 {
      do { try romeo.send(.message(to: "a@b", "\(number)")) } catch { refused += 1 }
    }
    #expect(refused == 0)
    romeo.close()
    #expect(await romeo.ended() == .closed)
    #expect(server.problems.isEmpty, "\(server.problems)")
  }

  @Test(arguments: ["conflict", "not-authorized", "system-shutdown"])
  func `a stream error is told in words, and ends the session where the next would end too`(
    condition: String
  ) async throws {
    let server = try FakeServer(
      { peer in
        try peer.acceptSession(resumable: "s")
        try peer.send(
          "<stream:error><\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
            + "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>another place</text></stream:error></stream:stream>")
      },
      { peer in
        try peer.acceptLogin()
        try peer.expectEnd()
      })
    let recorder = Recorder()
    let romeo = try await client(server, recorder)
    _ = try await romeo.connect()
    if condition == "system-shutdown" {
      await recorder.offline()
      romeo.close()
      #expect(recorder.interruptions.first?.description.contains("system-shutdown: another place") == true)
    } else {
      let reason = await romeo.ended()
      #expect(reason.description == "the server ended the stream: \(condition): another place")
    }
  }

  @Test func `a server that says nothing is given up`() async throws {
    let server = try FakeServer({ peer in try peer.expectEnd() })
    let romeo = try await client(server, Recorder()) {
      $0.settings.negotiationTimeout = .milliseconds(100)
      $0.settings.maxAttempts = 2
    }
    await #expect(throws: TransportError.timeout("the negotiation did not end in time")) { try await romeo.connect() }
  }
}

extension Substring {
  /// Without the end of the line.
  fileprivate var trimmed: String { String(prefix { !$0.isNewline }) }
}
