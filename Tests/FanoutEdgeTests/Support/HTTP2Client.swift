import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization

/// A client that speaks HTTP/2, with prior knowledge or by TLS.
final class HTTP2Client: Sendable {
  /// What came on a stream.
  struct Answer: Sendable {
    var status = ""
    var headers: [String] = []
    var body = ""
    var isComplete = false
    var reset: Int?
    var isOver: Bool { isComplete || reset != nil }
  }

  /// The wait was too long, with what had come.
  struct Timeout: Error { var answer: Answer }

  /// One request.
  final class Stream: Sendable {
    fileprivate let state = Mutex(Answer())
    let channel: any Channel

    fileprivate init(channel: any Channel) { self.channel = channel }

    var answer: Answer { state.withLock { $0 } }

    /// Waits until the answer satisfies the test.
    @discardableResult
    func wait(_ test: (Answer) -> Bool) async throws -> Answer {
      for _ in 0..<2000 {
        let answer = answer
        if test(answer) { return answer }
        try await Task.sleep(for: .milliseconds(10))
      }
      throw Timeout(answer: answer)
    }

    func send(_ text: String, isLast: Bool) async throws {
      try await channel.writeAndFlush(
        HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer(string: text)), endStream: isLast))
      ).get()
    }

    /// Lets a stream that does not read read once.
    func read() { channel.read() }
  }

  let channel: any Channel
  private let multiplexer: NIOHTTP2Handler.StreamMultiplexer

  private init(channel: any Channel, multiplexer: NIOHTTP2Handler.StreamMultiplexer) {
    self.channel = channel
    self.multiplexer = multiplexer
  }

  /// - Parameters:
  ///   - tls: a client context, for connections by TLS.
  ///   - before: what is sent before everything else.
  static func connect(port: Int, tls: NIOSSLContext? = nil, before: String? = nil) async throws -> HTTP2Client {
    let made = Made()
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        let pipeline = channel.pipeline.syncOperations
        if let before { try pipeline.addHandler(FirstBytes(before)) }
        if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: "romeo.test")) }
        // At once: the server's first frame follows its handshake.
        let handler = NIOHTTP2Handler(mode: .client, eventLoop: channel.eventLoop) {
          $0.eventLoop.makeSucceededVoidFuture()
        }
        try pipeline.addHandler(handler)
        let multiplexer = try handler.syncMultiplexer()
        made.multiplexer.withLock { $0 = multiplexer }
      }
    }
    let channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
    guard let multiplexer = made.multiplexer.withLock({ $0 }) else { throw ChannelError.operationUnsupported }
    return HTTP2Client(channel: channel, multiplexer: multiplexer)
  }

  /// Sends a request.
  ///
  /// - Parameter readsAtOnce: `false` leaves the response where it is.
  func request(
    _ path: String, method: String = "GET", fields: [(String, String)] = [], body: String? = nil, isLast: Bool = true,
    readsAtOnce: Bool = true
  ) async throws -> Stream {
    let channel = try await multiplexer.createStreamChannel { channel in
      channel.eventLoop.makeCompletedFuture {
        if !readsAtOnce { try channel.syncOptions?.setOption(.autoRead, value: false) }
      }
    }.get()
    let stream = Stream(channel: channel)
    try await channel.pipeline.addHandler(Receiver(stream: stream)).get()
    let headers = HPACKHeaders(
      [(":method", method), (":scheme", "http"), (":path", path), (":authority", "api.test")] + fields)
    try await channel.writeAndFlush(
      HTTP2Frame.FramePayload.headers(.init(headers: headers, endStream: isLast && body == nil))
    ).get()
    if let body { try await stream.send(body, isLast: isLast) }
    return stream
  }

  /// A request and its whole answer.
  func answer(
    _ path: String, method: String = "GET", fields: [(String, String)] = [], body: String? = nil
  ) async throws -> Answer {
    try await request(path, method: method, fields: fields, body: body).wait(\.isOver)
  }

  func close() async { try? await channel.close().get() }
}

private final class Receiver: ChannelInboundHandler, Sendable {
  typealias InboundIn = HTTP2Frame.FramePayload
  private let stream: HTTP2Client.Stream

  init(stream: HTTP2Client.Stream) { self.stream = stream }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    stream.state.withLock { answer in
      switch frame {
      case .headers(let frame):
        answer.status = frame.headers.first(name: ":status") ?? answer.status
        answer.headers += frame.headers.map { "\($0.name): \($0.value)" }
        answer.isComplete = answer.isComplete || frame.endStream
      case .data(let frame):
        if case .byteBuffer(let bytes) = frame.data { answer.body += String(buffer: bytes) }
        answer.isComplete = answer.isComplete || frame.endStream
      case .rstStream(let code): answer.reset = code.networkCode
      default: break
      }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let error = error as? NIOHTTP2Errors.StreamClosed {
      stream.state.withLock { $0.reset = $0.reset ?? error.errorCode.networkCode }
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    stream.state.withLock { if !$0.isComplete, $0.reset == nil { $0.reset = -1 } }
  }
}

/// Sends some bytes before all others.
private final class FirstBytes: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  private var text: String?

  init(_ text: String) { self.text = text }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if let text { context.write(wrapOutboundOut(ByteBuffer(string: text)), promise: nil) }
    text = nil
    context.write(data, promise: promise)
  }
}

private final class Made: Sendable {
  let multiplexer = Mutex<NIOHTTP2Handler.StreamMultiplexer?>(nil)
}
