import NIOCore
import ServerKit
import TestKit
import Testing
import XMPP
import XMPPTransport

@Suite("XEP-0198: sessions that break and come back", .timeLimit(.minutes(3)))
struct ClientResumptionTests {
  /// A server that clients reach through something that can be cut.
  private func parts() throws -> (ProsodyServer, CuttingProxy) {
    let server = try ClientTests.server()
    return (server, try CuttingProxy(to: server.clients))
  }

  private func client(_ name: String, at place: Address, _ server: ProsodyServer, _ recorder: Recorder) async throws
    -> ClientStream
  {
    var configuration = try ClientConfiguration("\(name)@\(ClientTests.domain)/r", password: "wherefore", at: place)
    configuration.settings.keepAlive = .seconds(2)
    return ClientStream(
      configuration, transport: try await .forTests(trust: server.authority), handlers: recorder.handlers)
  }

  @Test func `a connection that is cut again and again loses nothing and brings nothing twice`() async throws {
    let (server, proxy) = try parts()
    let (one, other) = (Recorder(), Recorder())
    let romeo = try await client("romeo", at: proxy.address, server, one)
    let juliet = try await client("juliet", at: proxy.address, server, other)
    try await romeo.connect()
    let address = try await juliet.connect()
    for round in 0..<5 {
      for number in 0..<100 {
        try romeo.send(.message(to: address.description, "\(round) \(number)"))
        if number == 40 { proxy.cut() }
      }
      await other.stanzas(atLeast: (round + 1) * 100)
    }
    await other.stanzas(atLeast: 500)
    let expected = (0..<5).flatMap { round in (0..<100).map { "\(round) \($0)" } }
    #expect(other.bodies == expected)
    #expect(one.undelivered.isEmpty && other.undelivered.isEmpty)
    #expect(one.onlineCount(isResumed: true) >= 1 && other.onlineCount(isResumed: true) >= 1)
    #expect(one.onlineCount(isResumed: false) == 1 && other.onlineCount(isResumed: false) == 1)
    // Nothing comes afterwards that was there before.
    #expect(try await juliet.request(.discoInfo(to: ClientTests.domain)).type == "result")
    #expect(other.bodies.count == 500)
    romeo.close()
    juliet.close()
  }

  @Test func `a query survives the connection that it went out on`() async throws {
    let (server, proxy) = try parts()
    let recorder = Recorder()
    let romeo = try await client("romeo", at: proxy.address, server, recorder)
    try await romeo.connect()
    proxy.isHoldingAnswers = true
    let answer = Task { try await romeo.request(.discoInfo(to: ClientTests.domain)) }
    await proxy.heldAnswer()
    proxy.isHoldingAnswers = false
    proxy.cut()
    #expect(try await answer.value.type == "result")
    #expect(recorder.onlineCount(isResumed: true) == 1)
    romeo.close()
  }

  @Test func `a killed server's sessions come back as new ones, and what was lost is told`() async throws {
    let server = try ClientTests.server()
    let recorder = Recorder()
    let romeo = try await client("romeo", at: server.clients, server, recorder)
    try await romeo.connect()
    server.signal(19)
    try romeo.send(.message(to: "juliet@montague.example", "into the void"))
    let lost = Task { try await romeo.request(.discoInfo(to: ClientTests.domain), timeout: .minutes(5)) }
    try server.kill()
    await recorder.offline()
    try server.start()
    await recorder.online(atLeast: 2)
    await #expect(throws: RequestError.self) { try await lost.value }
    #expect(recorder.onlineCount(isResumed: false) == 2)
    #expect(recorder.undelivered.contains { $0.contains("into the void") })
    #expect(try await romeo.request(.discoInfo(to: ClientTests.domain)).type == "result")
    romeo.close()
  }

  @Test func `many sessions come back after their server was killed`() async throws {
    let server = try ClientTests.server { $0.requiresEncryption = false }
    let names = (0..<100).map { "user\($0)" }
    try server.addUsers(names, password: "wherefore")
    let transport = try await StreamTransport.forTests(trust: server.authority, maxConnecting: 8)
    var all: [(ClientStream, Recorder)] = []
    for name in names {
      var configuration = try ClientConfiguration("\(name)@montague.example", password: "wherefore", at: server.clients)
      configuration.security = .plainOnLoopback
      let recorder = Recorder()
      all.append((ClientStream(configuration, transport: transport, handlers: recorder.handlers), recorder))
    }
    for (client, _) in all { client.start() }
    for (_, recorder) in all { await recorder.online(atLeast: 1) }
    try server.kill()
    for (_, recorder) in all { await recorder.offline() }
    try server.start()
    for (_, recorder) in all { await recorder.online(atLeast: 2) }
    for (client, _) in all { client.close() }
    for (client, _) in all { #expect(await client.ended() == .closed) }
  }
}
