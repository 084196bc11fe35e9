import NIOCore
import TestKit
import Testing
import XMPP
import XMPPTransport

@Suite("A component at a server that does what it should not", .timeLimit(.minutes(2)))
struct ComponentFaultTests {
  private func connect(
    _ server: FakeServer, _ recorder: Recorder, change: (inout ComponentConfiguration) -> Void = { _ in }
  ) async throws -> ComponentConnection {
    var configuration = try ComponentConfiguration("channels.example", secret: "secret", at: server.address)
    change(&configuration)
    return ComponentConnection(configuration, transport: try await .forTests(), handlers: recorder.handlers)
  }

  @Test func `a stream that is cut within a stanza is connected again, and nothing of it is handed out`() async throws {
    let server = try FakeServer(
      { peer in
        try peer.acceptComponent()
        try peer.send(
          "<message from='a@b' to='channels.example'><body>whole</body></message><message from='a@b' to='chan")
        peer.connection.close()
      },
      { peer in
        try peer.acceptComponent()
        try peer.send("<message from='a@b' to='channels.example'><body>again</body></message>")
        try peer.expectEnd()
      })
    let recorder = Recorder()
    let component = try await connect(server, recorder)
    let run = Task { await component.run() }
    await recorder.stanzas(atLeast: 2)
    #expect(recorder.bodies == ["whole", "again"])
    guard case .connectionLost = try #require(recorder.interruptions.first) else {
      Issue.record("\(recorder.interruptions)")
      return
    }
    run.cancel()
    await run.value
  }

  @Test(arguments: [
    ("not-well-formed", "<!DOCTYPE a [<!ENTITY b 'c'>]>"), ("restricted-xml", "<!-- hello -->"),
    ("not-well-formed", "<message></presence>"), ("restricted-xml", "<?php ?>"),
    ("policy-violation", "<message>" + String(repeating: "<a>", count: 100)),
  ])
  func `what XMPP does without ends the stream by the word of the RFC`(
    condition: String, bytes: String
  ) async throws {
    let told = Told()
    let server = try FakeServer(
      { peer in
        try peer.acceptComponent()
        try peer.send(bytes)
        told.set(try peer.expect("</stream:stream>"))
      },
      { peer in try peer.acceptComponent() })
    let recorder = Recorder()
    let component = try await connect(server, recorder)
    let run = Task { await component.run() }
    await recorder.online(atLeast: 2)
    #expect(told.value.contains("<\(condition) xmlns"), "\(told.value)")
    run.cancel()
    await run.value
  }

  @Test func `an answer counts only from whom the query went to`() async throws {
    let server = try FakeServer({ peer in
      try peer.acceptComponent()
      let query = try peer.expect("</iq>")
      let id = query.split(separator: "id=\"")[1].prefix { $0 != "\"" }
      for from in ["juliet@example", "mallory@example/a", "example", "channels.example"] {
        try peer.send("<iq type='result' from='\(from)' to='channels.example' id='\(id)'><forged xmlns='x'/></iq>")
      }
      try peer.send("<iq type='result' to='channels.example' id='\(id)'><forged xmlns='x'/></iq>")
      try peer.send("<iq type='result' from='juliet@example/a' to='channels.example' id='no-such-id'/>")
      try peer.send("<iq type='result' from='juliet@example/a' to='channels.example' id='\(id)'><true xmlns='x'/></iq>")
      try peer.send("<iq type='error' from='juliet@example/a' to='channels.example' id='\(id)'/>")
      try peer.send("<message from='a@b' to='channels.example'/>")
      try peer.expectEnd()
    })
    let recorder = Recorder()
    let component = try await connect(server, recorder)
    let run = Task { await component.run() }
    try await component.opened()
    let answer = try await component.request(.discoInfo(to: "juliet@example/a", from: "channels.example"))
    #expect(answer.payload.first?.name == "true")
    await recorder.stanzas(atLeast: 1)
    #expect(recorder.stanzas.map(\.kind) == [.message])
    run.cancel()
    await run.value
  }

  @Test func `a query without an answer ends with its time, and only so many may wait`() async throws {
    let server = try FakeServer({ peer in
      try peer.acceptComponent()
      try peer.expectEnd()
    })
    let recorder = Recorder()
    let component = try await connect(server, recorder) { $0.settings.maxRequests = 1 }
    let run = Task { await component.run() }
    try await component.opened()
    async let slow = component.request(.discoInfo(to: "juliet@example/a"), timeout: .milliseconds(300))
    async let other = component.request(.discoInfo(to: "juliet@example/a"), timeout: .milliseconds(300))
    var errors: [RequestError] = []
    do { _ = try await slow } catch let error as RequestError { errors.append(error) }
    do { _ = try await other } catch let error as RequestError { errors.append(error) }
    #expect(Set(errors) == [.timeout, .tooMany(1)])
    run.cancel()
    await run.value
  }

  @Test func `a slow server fills the queue, whose overflow is told, and its room again`() async throws {
    let go = Gate()
    let server = try FakeServer({ peer in
      peer.connection.setReceiveBuffer(bytes: 4096)
      try peer.acceptComponent()
      go.wait()
      try peer.expectEnd()
    })
    let recorder = Recorder()
    let component = try await connect(server, recorder) {
      $0.settings.maxQueuedStanzas = 100_000
      $0.settings.maxQueuedBytes = 256 * 1024
    }
    let run = Task { await component.run() }
    try await component.opened()
    let text = String(repeating: "a", count: 10_000)
    var overflow: TransportError?
    // The kernel and NIO take some megabytes before anything waits here.
    for _ in 0..<10_000 where overflow == nil {
      do { try component.send(.message(to: "a@b", text)) } catch let error as TransportError { overflow = error }
    }
    guard case .overflow(_, let bytes) = try #require(overflow) else {
      Issue.record("\(String(describing: overflow))")
      return
    }
    #expect(bytes > 200_000 && bytes <= 256 * 1024)
    go.open()
    await recorder.event { if case .drained = $0 { true } else { false } }
    try component.send(.message(to: "a@b", "small"))
    run.cancel()
    await run.value
  }

  @Test func `nothing is read while too much is not finished`() async throws {
    let sent = Told()
    let server = try FakeServer({ peer in
      try peer.acceptComponent()
      let text = String(repeating: "b", count: 1000)
      do {
        for number in 0..<20_000 {
          try peer.connection.send(
            "<message from='a@b' to='channels.example' id='\(number)'><body>\(text)</body></message>",
            within: .seconds(1))
        }
      } catch {
        sent.set("stuck")
      }
      try peer.expectEnd()
    })
    let recorder = Recorder(.pending)
    let component = try await connect(server, recorder) { $0.settings.maxUnhandled = 10 }
    let run = Task { await component.run() }
    await sent.wait()
    let count = recorder.stanzas.count
    #expect((10...30).contains(count), "\(count)")
    component.finished(count)
    await recorder.stanzas(atLeast: count + 1)
    run.cancel()
    await run.value
  }

  @Test func `a goodbye without an answer does not last for ever`() async throws {
    let server = try FakeServer({ peer in
      try peer.acceptComponent()
      try peer.expect("</stream:stream>")
      try peer.expectEnd()
    })
    let recorder = Recorder()
    let component = try await connect(server, recorder) { $0.settings.closeTimeout = .milliseconds(200) }
    let run = Task { await component.run() }
    try await component.opened()
    try component.send(.message(to: "a@b", "last words"))
    run.cancel()
    await run.value
    #expect(recorder.undelivered.isEmpty)
  }
}
