import NIOCore
import ServerKit
import TestKit
import Testing
import XMPP
import XMPPTransport

@Suite("RFC 6120: a client at Prosody", .timeLimit(.minutes(3)))
struct ClientTests {
  static let domain = "montague.example"

  static func server(_ change: (inout ProsodyServer.Settings) -> Void = { _ in }) throws -> ProsodyServer {
    var settings = ProsodyServer.Settings()
    settings.allowsRegistration = true
    change(&settings)
    let server = try ProsodyServer(settings)
    try server.addUsers(["romeo", "juliet"], password: "wherefore")
    return server
  }

  private func client(
    _ name: String, _ server: ProsodyServer, _ recorder: Recorder,
    change: (inout ClientConfiguration) -> Void = { _ in }
  ) async throws -> ClientStream {
    var configuration = try ClientConfiguration("\(name)@\(Self.domain)/r", password: "wherefore", at: server.clients)
    change(&configuration)
    return ClientStream(
      configuration, transport: try await .forTests(trust: server.authority), handlers: recorder.handlers)
  }

  @Test func `two clients log in with STARTTLS, talk, ask and say goodbye`() async throws {
    let server = try Self.server()
    let (one, other) = (Recorder(), Recorder())
    let romeo = try await client("romeo", server, one)
    let juliet = try await client("juliet", server, other)
    #expect(try await romeo.connect().bare == JID("romeo@montague.example"))
    let address = try await juliet.connect()
    try juliet.send(Stanza(.presence))
    for number in 0..<300 { try romeo.send(.message(to: address.description, "\(number)")) }
    await other.stanzas(atLeast: 301)
    #expect(other.bodies == (0..<300).map(String.init))
    // The server's account, by its bare address and without an address.
    let roster = Stanza(.iq, type: "get", payload: [XMLElement("query", namespace: "jabber:iq:roster")])
    #expect(try await romeo.request(roster).type == "result")
    #expect(try await romeo.request(.discoInfo(to: "romeo@montague.example")).type == "result")
    #expect(try await romeo.request(.discoInfo(to: Self.domain)).type == "result")
    // The ping of another client is answered without anybody's doing.
    let ping = Stanza(.iq, type: "get", to: address, payload: [XMLElement("ping", namespace: "urn:xmpp:ping")])
    #expect(try await romeo.request(ping).type == "result")
    romeo.close()
    #expect(await romeo.ended() == .closed)
    juliet.close()
    #expect(await juliet.ended() == .closed)
    #expect(one.undelivered.isEmpty)
  }

  @Test func `a client connects with TLS from the first byte`() async throws {
    let server = try Self.server()
    let recorder = Recorder()
    let romeo = try await client("romeo", server, recorder) {
      let place = server.directClients
      $0.place = ServerPlace(host: place.host, port: Int(place.port), isDirectTLS: true)
    }
    _ = try await romeo.connect()
    #expect(try await romeo.request(.discoInfo(to: Self.domain)).type == "result")
    romeo.close()
    #expect(await romeo.ended() == .closed)
  }

  @Test func `a client finds its server by SRV records, direct TLS among them`() async throws {
    let server = try Self.server()
    let dead = try Address.free()
    let dns = try DNSDouble(["xmpp.montague.example": [.a("127.0.0.1")]])
    func record(_ priority: UInt16, _ place: Address) -> DNSDouble.Record {
      .srv(priority: priority, weight: 1, port: place.port, target: "xmpp.montague.example")
    }
    dns.set("_xmpp-client._tcp.montague.example", [record(1, dead), record(3, server.clients)])
    dns.set("_xmpps-client._tcp.montague.example", [record(2, server.directClients)])
    let transport = try await StreamTransport.forTests(trust: server.authority, dns: dns)
    var configuration = try ClientConfiguration("romeo@\(Self.domain)", password: "wherefore", at: dead)
    configuration.place = nil
    let romeo = ClientStream(configuration, transport: transport, handlers: Recorder().handlers)
    _ = try await romeo.connect()
    romeo.close()
    // Only the plain service is left; then the domain says that there is none at all.
    dns.set("_xmpps-client._tcp.capulet.example", [.srv(priority: 0, weight: 0, port: 0, target: ".")])
    dns.set("_xmpp-client._tcp.capulet.example", [.srv(priority: 0, weight: 0, port: 0, target: ".")])
    configuration.address = try JID("romeo@capulet.example")
    let nobody = ClientStream(configuration, transport: transport, handlers: Recorder().handlers)
    await #expect(throws: TransportError.notOffered("capulet.example")) { try await nobody.connect() }
  }

  @Test func `a wrong password ends the attempt, in words`() async throws {
    let server = try Self.server()
    let recorder = Recorder()
    let romeo = try await client("romeo", server, recorder) { $0.login = .password(Secret("rosaline")) }
    await #expect { try await romeo.connect() } throws: { error in
      guard case .notAuthorized(let reason) = error as? TransportError else { return false }
      return reason.contains("not-authorized")
    }
    #expect(throws: TransportError.self) { try romeo.send(Stanza(.presence)) }
  }

  @Test(arguments: [["other.example"], [], ["*.montague.example"]])
  func `a certificate for another name is refused`(names: [String]) async throws {
    let server = try Self.server { $0.certificateNames[Self.domain] = names }
    // A common name alone does not count; a wildcard is for what is below.
    for place in [ServerPlace(host: "127.0.0.1", port: Int(server.clients.port))] {
      let romeo = try await client("romeo", server, Recorder()) {
        $0.place = place
        $0.settings.maxAttempts = 1
      }
      await #expect { try await romeo.connect() } throws: { error in
        if case .tls = error as? TransportError { true } else { false }
      }
    }
  }

  @Test func `an authority that nobody believes is refused, except on this machine for who says so`() async throws {
    let server = try Self.server()
    let transport = try await StreamTransport.forTests()
    var configuration = try ClientConfiguration("romeo@\(Self.domain)", password: "wherefore", at: server.clients)
    configuration.settings.maxAttempts = 1
    let romeo = ClientStream(configuration, transport: transport, handlers: Recorder().handlers)
    await #expect(throws: TransportError.tls("the server's certificate is not to be believed")) {
      try await romeo.connect()
    }
    configuration.security = .unverifiedOnLoopback
    let again = ClientStream(configuration, transport: transport, handlers: Recorder().handlers)
    _ = try await again.connect()
    again.close()
  }

  @Test func `plain text needs a server without TLS, on this machine, and a word for the password`() async throws {
    let server = try Self.server {
      $0.requiresEncryption = false
      $0.globalLines = "allow_unencrypted_plain_auth = true"
    }
    let romeo = try await client("romeo", server, Recorder()) { $0.security = .plainOnLoopback }
    _ = try await romeo.connect()
    romeo.close()
    let plain = try await client("romeo", server, Recorder()) {
      $0.security = .plainOnLoopback
      $0.mechanisms = [.plain]
    }
    await #expect { try await plain.connect() } throws: { error in
      if case .insecure = error as? TransportError { true } else { false }
    }
    let clear = try await client("romeo", server, Recorder()) {
      $0.security = .plainOnLoopback
      $0.mechanisms = [.plain]
      $0.allowsClearPassword = true
    }
    _ = try await clear.connect()
    clear.close()
  }

  @Test func `accounts are registered, and refused in words`() async throws {
    let server = try Self.server()
    let transport = try await StreamTransport.forTests(trust: server.authority)
    let configuration = try ClientConfiguration("mercutio@\(Self.domain)", password: "queen mab", at: server.clients)
    let form = AccountForm(user: "mercutio", password: Secret("queen mab"))
    try await ClientStream.register(form, configuration, transport: transport)
    let mercutio = ClientStream(configuration, transport: transport, handlers: Recorder().handlers)
    _ = try await mercutio.connect()
    mercutio.close()
    await #expect {
      try await ClientStream.register(form, configuration, transport: transport)
    } throws: { error in
      guard case .refused(let reason) = error as? RegistrationError else { return false }
      return reason.condition == .conflict
    }
    let closed = try Self.server { $0.allowsRegistration = false }
    let other = try await StreamTransport.forTests(trust: closed.authority)
    let elsewhere = try ClientConfiguration("mercutio@\(Self.domain)", password: "", at: closed.clients)
    await #expect(throws: RegistrationError.self) {
      try await ClientStream.register(form, elsewhere, transport: other)
    }
  }
}
