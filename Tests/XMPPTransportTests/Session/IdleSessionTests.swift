import Foundation
import TestKit
import Testing
import XMPP
import XMPPTransport

@Suite("What an idle session costs", .timeLimit(.minutes(5)))
struct IdleSessionTests {
  /// `XMPP_SESSIONS=1000 swift test --filter IdleSessionTests` prints the figures of docs/performance.md.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["XMPP_SESSIONS"] != nil))
  func `memory of sessions without TLS`() async throws {
    let count = Int(ProcessInfo.processInfo.environment["XMPP_SESSIONS"] ?? "") ?? 1000
    let server = try ClientTests.server { $0.requiresEncryption = false }
    let names = (0..<count).map { "user\($0)" }
    try server.addUsers(names, password: "wherefore")
    let transport = try await StreamTransport.forTests(trust: server.authority)
    func open(_ names: some Sequence<String>) async throws -> [ClientStream] {
      var all: [ClientStream] = []
      for name in names {
        var configuration = try ClientConfiguration(
          "\(name)@montague.example", password: "wherefore", at: server.clients)
        configuration.security = .plainOnLoopback
        let handlers = StreamHandlers(stanza: { _ in .done })
        all.append(ClientStream(configuration, transport: transport, handlers: handlers))
      }
      for client in all { try await client.connect() }
      return all
    }
    // What is made once does not count.
    let first = try await open(names.prefix(10))
    let own = ProcessInfo.processInfo.processIdentifier
    let prosody = try #require(server.processID)
    let (before, serverBefore) = (try ProcessFigures(of: own), try ProcessFigures(of: prosody))
    let rest = try await open(names.dropFirst(10))
    let (after, serverAfter) = (try ProcessFigures(of: own), try ProcessFigures(of: prosody))
    let sessions = rest.count
    print(
      "\(sessions) sessions: \((after.privateBytes - before.privateBytes) / sessions) bytes each here, "
        + "\((serverAfter.privateBytes - serverBefore.privateBytes) / sessions) bytes each in Prosody; "
        + "CPU of a login: \((after.cpu - before.cpu) / sessions) here")
    for client in first + rest { client.close() }
  }
}
