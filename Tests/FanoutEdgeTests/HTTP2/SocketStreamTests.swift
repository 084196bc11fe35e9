import FanoutEdge
import NIOCore
import NIOHTTP2
import Testing

@Suite("RFC 8441: how WebSockets on streams of HTTP/2 end")
struct SocketStreamTests {
  private static func open(_ client: HTTP2Client) async throws -> HTTP2Client.Stream {
    // `:protocol` may be sent only when the server's settings, which come before any answer, have allowed it.
    _ = try await client.answer("/refused")
    let stream = try await client.request(
      "/", method: "CONNECT", fields: [(":protocol", "websocket"), ("sec-websocket-version", "13")], isLast: false)
    try await stream.wait { $0.status == "200" }
    return stream
  }

  private static func send(_ bytes: [UInt8], isLast: Bool, on stream: HTTP2Client.Stream) async throws {
    try await stream.channel.writeAndFlush(
      HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)), endStream: isLast))
    ).get()
  }

  private static func run(_ test: (SocketEdge, HTTP2Client) async throws -> Void) async throws {
    try await SocketEdge.run(
      configure: { $0.listen[0].allowsHTTP2 = true },
      origin: { $0.hasPrefix("GET /refused ") ? .bytes("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n") : .accept() }
    ) { edge in
      let client = try await HTTP2Client.connect(port: edge.port)
      try await test(edge, client)
      await client.close()
    }
  }

  private static let close = RawFrame.bytes(8, [0x0F, 0xA0], isMasked: true)

  @Test(arguments: [false, true])
  func `a close frame is answered and the stream ends cleanly, whether the client's end comes with it or not`(
    isLast: Bool
  ) async throws {
    try await Self.run { edge, client in
      let stream = try await Self.open(client)
      // The message before it passes as well.
      try await Self.send(
        RawFrame.bytes(1, Array("hello".utf8), isMasked: true) + Self.close, isLast: isLast, on: stream)
      let answer = try await stream.wait(\.isOver)
      #expect(answer.isComplete && answer.reset == nil)
      // The message's echo, then the answer to the close frame: two bytes of header, two of the code.
      #expect(answer.body.contains("hello"))
      #expect(try await edge.origin.peer(1).events == [.text("hello"), .close(4000, "")])
      if !isLast { try await Self.send([], isLast: true, on: stream) }
      try await edge.wait { $0.sockets == 0 && $0.originSockets == 0 }
    }
  }

  @Test func `the client's end without a close frame, or in the midst of a frame, is a loss`() async throws {
    for bytes in [[], Array(Self.close.dropLast()), RawFrame.bytes(1, Array("last".utf8), isMasked: true)] {
      try await Self.run { edge, client in
        let stream = try await Self.open(client)
        try await Self.send(bytes, isLast: true, on: stream)
        try await stream.wait(\.isOver)
        let origin = try await edge.origin.peer(1)
        try await origin.waitForClose()
        #expect(!origin.events.contains { if case .close = $0 { true } else { false } })
        try await edge.wait { $0.sockets == 0 && $0.originSockets == 0 }
      }
    }
  }

  @Test func `a close frame of the origin's ends the stream cleanly when the client has answered`() async throws {
    try await Self.run { edge, client in
      let stream = try await Self.open(client)
      let origin = try await edge.origin.peer(1)
      try await origin.sendClose(4001, "bye")
      try await stream.wait { $0.body.hasSuffix("bye") }
      try await Self.send(RawFrame.bytes(8, [0x0F, 0xA1], isMasked: true), isLast: true, on: stream)
      let answer = try await stream.wait(\.isOver)
      #expect(answer.isComplete && answer.reset == nil)
      #expect(origin.events == [.close(4001, "")])
    }
  }
}
