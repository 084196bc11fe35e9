import FanoutBus
import GRIP
import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import FanoutEdge

@Suite("GRIP §15 WebSocket-over-HTTP on the wire")
struct OverHTTPOriginTests {
  /// Remembers what the origin's side told.
  final class Receiver: SocketOriginReceiver, Sendable {
    let events = Mutex<[String]>([])
    private func add(_ event: String) { events.withLock { $0.append(event) } }

    var acceptsOriginFrames: Bool { true }
    func originOpened(fields: HTTPFields, grip: GRIPWebSocketExtension?, target: OriginTarget) {
      let names = fields.map(\.name.canonicalName).sorted().joined(separator: " ")
      add("opened \(grip?.messagePrefix ?? "-") \(names)")
    }
    func originRejected(status: Int, reason: String?, fields: HTTPFields, body: ByteBuffer) {
      add("rejected \(status) \(reason ?? "") \(fields[.location] ?? "") \(String(buffer: body))")
    }
    func originFailed(_ error: ProxyError) { add("failed \(error.status)") }
    func originSent(_ frame: SocketFrame) { add("sent \(String(buffer: frame.payload))") }
    func originClosed(_ close: SocketClose) { add("closed \(close.code ?? 0)") }
    func originLost(_ reason: String) { add("lost") }
    func originWritable() {}
  }

  /// One WebSocket over HTTP on an event loop of its own, in front of a scripted origin.
  struct Rig: Sendable {
    let fake: FakeOrigin
    let receiver: Receiver
    let loop: any EventLoop
    let context: NIOLoopBound<LoopContext>
    let origin: NIOLoopBound<OverHTTPOrigin>

    func on(_ body: @escaping @Sendable (OverHTTPOrigin) -> Void) async throws {
      let origin = origin
      try await loop.submit { body(origin.value) }.get()
    }

    /// Waits until so many events were told.
    func events(_ count: Int) async throws -> [String] {
      try await wait { receiver.events.withLock { $0.count } >= count }
      return receiver.events.withLock { $0 }
    }

    /// Waits until so many requests came.
    func requests(_ count: Int) async throws -> [FakeOrigin.Request] {
      try await wait { fake.requests.count >= count }
      return fake.requests
    }

    private func wait(_ condition: () -> Bool) async throws {
      for _ in 0..<2000 where !condition() { try await Task.sleep(for: .milliseconds(10)) }
      try #require(condition())
    }
  }

  static let head = "HTTP/1.1 200 OK\r\nContent-Type: application/websocket-events\r\n"

  static func events(_ body: String, _ fields: String = "") -> FakeOrigin.Reply {
    .bytes("\(head)\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
  }

  static func run(
    targets: [OriginTarget] = [], script: @escaping FakeOrigin.Script, _ test: (Rig) async throws -> Void
  ) async throws {
    let fake = FakeOrigin(script: script)
    try await fake.start()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    let now = Mutex<Int64>(1_800_000_000)
    let clock: @Sendable () -> Int64 = {
      // A day between any two looks: no token lives that long.
      now.withLock { time in
        time += 86_400
        return time
      }
    }
    let receiver = Receiver()
    let port = fake.port
    let (context, origin) = try await loop.submit {
      var configuration = EdgeConfiguration(listen: [])
      configuration.signatureIssuer = "edge"
      configuration.signatureKey = GRIPKey(secret: Array("a secret of the edge".utf8))
      var logger = Logger(label: "test")
      logger.logLevel = .critical
      let context = LoopContext(
        eventLoop: loop, index: 0, count: 1, configuration: configuration, routes: RouteTable([]),
        holds: FakeHoldTable(owner: FakeHolds()), logger: logger, accessLogger: nil, now: clock)
      let all = targets + [OriginTarget(host: "127.0.0.1", port: port, isOverHTTP: true)]
      let head = RequestHead(
        method: "GET", target: "/chat?room=7", authority: "example.com",
        fields: [
          .upgrade: "websocket", .connection: "Upgrade", .secWebSocketKey: "a2V5", .accept: "text/html",
          .cookie: "sid=1", .secWebSocketExtensions: "permessage-deflate", HTTPField.Name("Meta-User")!: "mallory",
          .connectionID: "forged", .gripSig: "forged",
        ])
      let request = OverHTTPRequest(
        head: head, route: Route(host: nil, targets: all), trust: .untrusted, peer: "192.0.2.1",
        offersGRIP: true, connectionID: "c1")
      let origin = OverHTTPOrigin(loop: context, request: request, receiver: receiver)
      return (NIOLoopBound(context, eventLoop: loop), NIOLoopBound(origin, eventLoop: loop))
    }.get()
    let rig = Rig(fake: fake, receiver: receiver, loop: loop, context: context, origin: origin)
    let result: Result<Void, any Error>
    do {
      try await rig.on { $0.open() }
      result = .success(try await test(rig))
    } catch {
      result = .failure(error)
    }
    try await loop.submit { context.value.stop() }.get()
    await fake.stop()
    try await group.shutdownGracefully()
    try result.get()
  }

  @Test func `what the origin sees of a connection, from OPEN to CLOSE`() async throws {
    try await Self.run { request in
      switch request.body {
      case "OPEN\r\n":
        Self.events(
          "OPEN\r\nTEXT 5\r\nm:hi!\r\n",
          "Sec-WebSocket-Extensions: grip\r\nSet-Meta-User: alice\r\nKeep-Alive-Interval: 60\r\nX-Nom: 1\r\n")
      case "TEXT 3\r\nabc\r\n": Self.events("", "Content-Bytes-Accepted: 1\r\n")
      default: Self.events(request.body.hasPrefix("CLOSE") ? "CLOSE\r\n" : "")
      }
    } _: { rig in
      #expect(try await rig.events(2) == ["opened m: x-nom", "sent m:hi!"])
      try await rig.on { $0.send(.text("abc")) }
      _ = try await rig.requests(2)
      try await rig.on { $0.send(.text("d")) }
      // Both at once would go out in one request where the second answer has not been read yet.
      _ = try await rig.requests(3)
      try await rig.on { $0.resume([("news", "41")]) }
      _ = try await rig.requests(4)
      try await rig.on { $0.close(SocketClose()) }
      #expect(try await rig.events(3).last == "closed 0")
      let requests = try await rig.requests(5)
      #expect(requests.map(\.method) == Array(repeating: "POST", count: 5))
      #expect(requests.map(\.uri).allSatisfy { $0 == "/chat?room=7" })
      for request in requests {
        #expect(request.values("Connection-Id") == ["c1"])
        #expect(request.values("Accept") == ["application/websocket-events"])
        #expect(request.values("Content-Type") == ["application/websocket-events"])
        #expect(request.values("Sec-WebSocket-Extensions") == ["grip"])
        #expect(request.values("Sec-WebSocket-Key") == ["a2V5"])
        #expect(request.values("Cookie") == ["sid=1"])
        #expect(request.values("Upgrade") == [])
        #expect(request.values("Content-Length") == [String(request.body.utf8.count)])
      }
      // Each with a signature of its own, none with what the client said.
      let signatures = requests.flatMap { $0.values("Grip-Sig") }
      #expect(Set(signatures).count == 5 && !signatures.contains("forged"))
      #expect(requests.map { $0.values("Meta-User") } == [[], ["alice"], ["alice"], ["alice"], ["alice"]])
      #expect(requests[2].body == "TEXT 2\r\nbc\r\nTEXT 1\r\nd\r\n")
      #expect(requests.map { $0.values("Content-Bytes-Replayed") } == [[], [], ["2"], [], []])
      #expect(requests.map { $0.values("Grip-Last") } == [[], [], [], ["news; last-id=41"], []])
      #expect(requests.last?.body == "CLOSE\r\n")
    }
  }

  @Test func `a refusal keeps its reason, its fields and its body`() async throws {
    try await Self.run { _ in
      .bytes("HTTP/1.1 403 Not You\r\nLocation: /login\r\nContent-Length: 6\r\n\r\nno way")
    } _: { rig in
      let events = try await rig.events(1)
      #expect(events == ["rejected 403 Not You /login no way"])
    }
  }

  @Test func `a target that cannot be reached is passed over`() async throws {
    let closed = OriginTarget(host: "127.0.0.1", port: 1, isOverHTTP: true)
    try await Self.run(targets: [closed]) { _ in
      Self.events("OPEN\r\n")
    } _: { rig in
      let events = try await rig.events(1)
      #expect(events == ["opened - "])
    }
  }

  @Test func `an origin that cannot be understood is 502`() async throws {
    try await Self.run { _ in
      Self.events("TEXT 2\r\nhi\r\n")
    } _: { rig in
      let events = try await rig.events(1)
      #expect(events == ["failed 502"])
    }
  }

  @Test func `a request that is dropped without an answer is sent again, the same`() async throws {
    let count = Mutex(0)
    try await Self.run { request in
      if request.body == "OPEN\r\n" { return Self.events("OPEN\r\n") }
      // It is asked about heads as well.
      guard !request.body.isEmpty else { return .silence }
      let attempt = count.withLock { count in
        count += 1
        return count
      }
      // On the pooled connection, and on the new one after it.
      return attempt <= 2 ? .close : Self.events("TEXT 2\r\nok\r\n")
    } _: { rig in
      _ = try await rig.events(1)
      try await rig.on { $0.send(.text("hi")) }
      #expect(try await rig.events(2).last == "sent ok")
      let bodies = rig.fake.requests.dropFirst().map(\.body)
      #expect(bodies == Array(repeating: "TEXT 2\r\nhi\r\n", count: 3))
    }
  }

  @Test func `a response that is too large ends the connection`() async throws {
    let text = String(repeating: "x", count: 1_000_100)
    try await Self.run { request in
      Self.events(request.body == "OPEN\r\n" ? "OPEN\r\n" : "TEXT f42a4\r\n\(text)\r\n")
    } _: { rig in
      _ = try await rig.events(1)
      try await rig.on { $0.refresh() }
      #expect(try await rig.events(2).last == "lost")
    }
  }

  @Test func `a client that is lost is told in the background, and counted while it is`() async throws {
    try await Self.run { request in
      Self.events(request.body == "OPEN\r\n" ? "OPEN\r\n" : "")
    } _: { rig in
      _ = try await rig.events(1)
      try await rig.on { $0.clientLost() }
      #expect(try await rig.requests(2).last?.body == "DISCONNECT\r\n")
      #expect(try await rig.requests(2).last?.values("Grip-Sig").count == 1)
      for _ in 0..<2000 {
        if try await rig.loop.submit({ rig.context.value.socketCleanups }).get() == 0 { break }
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(try await rig.loop.submit { rig.context.value.socketCleanups }.get() == 0)
      #expect(try await rig.events(1).count == 1)
    }
  }

  @Test func `the name of a connection is a UUID in lower case`() {
    var generator = SystemRandomNumberGenerator()
    let first = OverHTTPRequest.makeConnectionID(using: &generator)
    #expect(first != OverHTTPRequest.makeConnectionID(using: &generator))
    #expect(first.utf8.count == 36)
    let parts = first.split(separator: "-")
    #expect(parts.map(\.utf8.count) == [8, 4, 4, 4, 12])
    #expect(parts[2].first == "4")
    #expect(first == first.lowercased())
  }
}
