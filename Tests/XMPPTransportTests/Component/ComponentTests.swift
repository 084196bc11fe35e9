import NIOCore
import TestKit
import Testing
import XMPP
import XMPPTransport

@Suite("XEP-0114: a component at Prosody", .timeLimit(.minutes(2)))
struct ComponentTests {
  static let domain = "channels.montague.example"
  let server: ProsodyServer

  init() throws {
    var settings = ProsodyServer.Settings()
    settings.components = [Self.domain: "secret", "other.montague.example": "secret"]
    settings.requiresEncryption = false
    server = try ProsodyServer(settings)
  }

  private func component(
    _ recorder: Recorder, domain: String = domain, secret: String = "secret",
    change: (inout ComponentConfiguration) -> Void = { _ in }
  ) async throws -> ComponentConnection {
    var configuration = try ComponentConfiguration(domain, secret: secret, at: server.components)
    change(&configuration)
    return ComponentConnection(configuration, transport: try await .forTests(), handlers: recorder.handlers)
  }

  @Test func `two components exchange messages and queries, and say goodbye`() async throws {
    let (one, other) = (Recorder(), Recorder())
    let first = try await component(one)
    let second = try await component(other, domain: "other.montague.example")
    let runs = [Task { await first.run() }, Task { await second.run() }]
    try await first.opened()
    try await second.opened()
    for number in 0..<500 {
      try first.send(.message(to: "juliet@other.montague.example", from: "romeo@\(Self.domain)", "\(number)"))
    }
    await other.stanzas(atLeast: 500)
    #expect(other.bodies == (0..<500).map(String.init))
    #expect(other.stanzas.first?.from == (try JID("romeo@\(Self.domain)")))

    let answer = Task { try await first.request(.discoInfo(to: "a@other.montague.example", from: "b@\(Self.domain)")) }
    await other.stanzas(atLeast: 501)
    try second.send(try #require(other.stanzas.last).reply(XMLElement("query", namespace: "answered")))
    #expect(try await answer.value.payload.first?.namespace == "answered")

    let refused = Task { try await first.request(.discoInfo(to: "c@other.montague.example", from: "b@\(Self.domain)")) }
    await other.stanzas(atLeast: 502)
    try second.send(try #require(other.stanzas.last?.error(StanzaError(.itemNotFound))))
    await #expect(throws: RequestError.refused(StanzaError(.itemNotFound))) { try await refused.value }

    for run in runs { run.cancel() }
    for run in runs { await run.value }
    #expect(one.events.contains { if case .ended(.closed) = $0 { true } else { false } })
    #expect(throws: TransportError.closed) { try first.send(.message(to: "juliet@other.montague.example", "late")) }
  }

  @Test func `a wrong secret is told in words, and tried again`() async throws {
    let recorder = Recorder()
    let component = try await component(recorder, secret: "wrong")
    let run = Task { await component.run() }
    await recorder.offline(atLeast: 2)
    let reason = try #require(recorder.interruptions.first)
    #expect(reason.description.contains("not-authorized"), "\(reason)")
    #expect(throws: TransportError.offline) {
      try component.send(.message(to: "romeo@montague.example", from: Self.domain, "hello"))
    }
    await #expect(throws: RequestError.unsent(.offline)) {
      try await component.request(.discoInfo(to: "montague.example", from: Self.domain))
    }
    run.cancel()
    await run.value
  }

  @Test func `a killed server finds its component again, and queries under way fail at once`() async throws {
    let recorder = Recorder()
    let component = try await component(recorder)
    let run = Task { await component.run() }
    try await component.opened()
    // Prosody does not answer for a component that is not there, nor before it is killed.
    server.signal(19)
    let lost = Task {
      try await component.request(.discoInfo(to: "montague.example", from: Self.domain), timeout: .minutes(5))
    }
    try server.kill()
    await #expect(throws: RequestError.self) { try await lost.value }
    try server.start()
    await recorder.online(atLeast: 2)
    let answer = try await component.request(.discoInfo(to: "montague.example", from: Self.domain))
    #expect(answer.type == "result")
    run.cancel()
    await run.value
  }

  @Test func `a server that restarts in order is come back to`() async throws {
    let recorder = Recorder()
    let component = try await component(recorder)
    let run = Task { await component.run() }
    try await component.opened()
    try server.stop()
    await recorder.offline()
    #expect(try #require(recorder.interruptions.first).description.contains("the server"))
    try server.start()
    await recorder.online(atLeast: 2)
    run.cancel()
    await run.value
  }

  @Test func `a deaf server is noticed by its silence`() async throws {
    let recorder = Recorder()
    let component = try await component(recorder) {
      $0.settings.keepAlive = .milliseconds(100)
      $0.settings.keepAliveTimeout = .milliseconds(400)
      $0.settings.connectTimeout = .milliseconds(300)
      $0.settings.negotiationTimeout = .milliseconds(300)
    }
    let run = Task { await component.run() }
    try await component.opened()
    // While it hears, its answers to our pings to ourselves keep the connection.
    _ = try await component.request(.discoInfo(to: "montague.example", from: Self.domain))
    server.signal(19)
    await recorder.offline()
    guard case .timeout = try #require(recorder.interruptions.first) else {
      Issue.record("\(recorder.interruptions)")
      return
    }
    server.signal(18)
    await recorder.online(atLeast: 2)
    run.cancel()
    await run.value
  }
}
