import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An origin that answers with scripted bytes, and remembers every byte and every request that reached it.
///
/// It reads with NIO's own parser, so that a difference between that and the edge's shows as a smuggled request.
final class FakeOrigin: Sendable {
  /// A request as llhttp saw it.
  struct Request: Sendable {
    var method: String
    var uri: String
    var headers: [(name: String, value: String)]
    var body: String
    var connection: Int

    func values(_ name: String) -> [String] {
      headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }
  }

  /// What is written back.
  enum Reply: Sendable {
    /// Bytes; the connection stays open.
    case bytes(String)
    /// Bytes, then the end.
    case bytesAndClose(String)
    /// Nothing, ever.
    case silence
    /// The end without a byte.
    case close
    /// Bytes before the whole request is there are written when the head comes.
    case early(String)
  }

  typealias Script = @Sendable (Request) -> Reply

  struct State {
    var requests: [Request] = []
    var raw = ""
    var connections = 0
    var openConnections = 0
    var badBytes = 0
    var script: Script
    var channels: [any Channel] = []
  }

  let state: Mutex<State>
  private let listener: Mutex<(any Channel)?> = Mutex(nil)

  init(script: @escaping Script) {
    state = Mutex(State(script: script))
  }

  var requests: [Request] { state.withLock { $0.requests } }
  var raw: String { state.withLock { $0.raw } }
  var connections: Int { state.withLock { $0.connections } }
  var openConnections: Int { state.withLock { $0.openConnections } }
  /// How often what came was no request.
  var badBytes: Int { state.withLock { $0.badBytes } }
  var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }

  func script(_ script: @escaping Script) { state.withLock { $0.script = script } }

  func start() async throws {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)
          try channel.pipeline.syncOperations.addHandlers([
            RawRecorder(origin: self), ByteToMessageHandler(decoder), OriginHandler(origin: self),
          ])
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    listener.withLock { $0 = channel }
  }

  /// Writes the same on every connection, for requests that were met with silence.
  func answer(_ text: String) {
    for channel in state.withLock({ $0.channels }) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
  }

  func stop() async {
    try? await listener.withLock { $0 }?.close().get()
    for channel in state.withLock({ $0.channels }) { try? await channel.close().get() }
  }
}

private final class RawRecorder: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  let origin: FakeOrigin
  init(origin: FakeOrigin) { self.origin = origin }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    origin.state.withLock { $0.raw += String(buffer: bytes) }
    context.fireChannelRead(data)
  }
}

private final class OriginHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = ByteBuffer
  let origin: FakeOrigin
  private var request: FakeOrigin.Request?
  private var connection = 0
  private var hasAnswered = false

  init(origin: FakeOrigin) { self.origin = origin }

  func channelActive(context: ChannelHandlerContext) {
    let channel = context.channel
    connection = origin.state.withLock { state in
      state.connections += 1
      state.openConnections += 1
      state.channels.append(channel)
      return state.connections
    }
  }

  func channelInactive(context: ChannelHandlerContext) { origin.state.withLock { $0.openConnections -= 1 } }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let error = error as? HTTPParserError, error != .invalidEOFState { origin.state.withLock { $0.badBytes += 1 } }
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      let request = FakeOrigin.Request(
        method: head.method.rawValue, uri: head.uri, headers: head.headers.map { ($0.name, $0.value) }, body: "",
        connection: connection)
      self.request = request
      hasAnswered = false
      let script = origin.state.withLock { $0.script }
      if case .early(let text) = script(request) {
        hasAnswered = true
        write(text, context)
      }
    case .body(let bytes): request?.body += String(buffer: bytes)
    case .end:
      guard let request else { return }
      let script = origin.state.withLock { state in
        state.requests.append(request)
        return state.script
      }
      guard !hasAnswered else { return }
      switch script(request) {
      case .bytes(let text), .early(let text): write(text, context)
      case .bytesAndClose(let text):
        write(text, context)
        context.close(promise: nil)
      case .silence: break
      case .close: context.close(promise: nil)
      }
    }
  }

  private func write(_ text: String, _ context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
  }
}

/// A complete response with a length.
func response(_ status: Int = 200, _ headers: [String] = [], body: String = "") -> String {
  (["HTTP/1.1 \(status) Fine", "Content-Length: \(body.utf8.count)"] + headers).joined(separator: "\r\n")
    + "\r\n\r\n" + body
}
