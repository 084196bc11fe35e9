import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A control port on loopback that keeps what it receives and answers as a test says.
final class ProxyDouble: Sendable {
  /// A request as it came.
  struct Received: Sendable {
    /// Which connection it came by, from 1.
    let connection: Int
    let method: String
    let uri: String
    let headers: [String: String]
    let body: String
  }

  /// What to do with a request.
  enum Reply: Sendable {
    case answer(Int, headers: [String: String] = [:], body: String = "Published\n")
    /// The connection ends without an answer.
    case hangUp
    /// `answerHeld` will answer.
    case hold
  }

  fileprivate struct State {
    var received: [Received] = []
    var connections = 0
    var held: [@Sendable (Reply) -> Void] = []
  }

  /// The port that it listens on.
  let port: Int
  /// One element for each request that has come.
  let arrivals: AsyncStream<Received>

  private let listener: any Channel
  private let book: Book

  /// The control URI.
  var uri: String { "http://127.0.0.1:\(port)" }
  /// Everything that has come.
  var received: [Received] { book.state.withLock(\.received) }
  /// How many connections there were.
  var connections: Int { book.state.withLock(\.connections) }

  /// Listens, on a free port unless one is named.
  ///
  /// - Parameter reply: is given the number of the request, from 1.
  static func listening(
    port: Int = 0, reply: @escaping @Sendable (Int) -> Reply = { _ in .answer(200) }
  ) async throws -> ProxyDouble {
    let (arrivals, continuation) = AsyncStream.makeStream(of: Received.self)
    let book = Book(reply: reply, arrivals: continuation)
    let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { connection in
        connection.eventLoop.makeCompletedFuture {
          try connection.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
          let number = book.state.withLock { state in
            state.connections += 1
            return state.connections
          }
          try connection.pipeline.syncOperations.addHandler(ProxyDoubleHandler(number: number, book: book))
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    return ProxyDouble(
      port: listener.localAddress?.port ?? 0, arrivals: arrivals, listener: listener, book: book)
  }

  /// A port at which nobody listens: below those that the kernel gives away, which another test may have in the next
  /// moment.
  static func closedPort() async throws -> Int {
    for _ in 0..<100 {
      guard let double = try? await listening(port: Int.random(in: 12_000..<32_000)) else { continue }
      try await double.stop()
      return double.port
    }
    throw ChannelError.connectPending
  }

  /// Answers all that is held.
  func answerHeld(_ reply: Reply) {
    let held = book.state.withLock { state in
      defer { state.held = [] }
      return state.held
    }
    for answer in held { answer(reply) }
  }

  /// Listens no more.
  func stop() async throws {
    try await listener.close().get()
  }

  private init(port: Int, arrivals: AsyncStream<Received>, listener: any Channel, book: Book) {
    self.port = port
    self.arrivals = arrivals
    self.listener = listener
    self.book = book
  }

  /// What connections share.
  final class Book: Sendable {
    fileprivate let state = Mutex(State())
    fileprivate let reply: @Sendable (Int) -> Reply
    fileprivate let arrivals: AsyncStream<Received>.Continuation

    fileprivate init(reply: @escaping @Sendable (Int) -> Reply, arrivals: AsyncStream<Received>.Continuation) {
      self.reply = reply
      self.arrivals = arrivals
    }

    fileprivate func take(_ request: Received, answer: @escaping @Sendable (Reply) -> Void) {
      let number = state.withLock { state in
        state.received.append(request)
        return state.received.count
      }
      let reply = reply(number)
      if case .hold = reply {
        state.withLock { $0.held.append(answer) }
      } else {
        answer(reply)
      }
      arrivals.yield(request)
    }
  }
}

private final class ProxyDoubleHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let number: Int
  private let book: ProxyDouble.Book
  private var head: HTTPRequestHead?
  private var body = ""

  init(number: Int, book: ProxyDouble.Book) {
    self.number = number
    self.book = book
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = ""
    case .body(let buffer): body += String(buffer: buffer)
    case .end:
      guard let head else { return }
      let received = ProxyDouble.Received(
        connection: number, method: head.method.rawValue, uri: head.uri,
        headers: Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { $0 + ", " + $1 }, body: body)
      let connection = context.channel
      book.take(received) { Self.write($0, to: connection) }
    }
  }

  private static func write(_ reply: ProxyDouble.Reply, to connection: any Channel) {
    guard case .answer(let status, let headers, let body) = reply else {
      connection.close(promise: nil)
      return
    }
    var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status))
    for (name, value) in headers { head.headers.add(name: name, value: value) }
    head.headers.add(name: "Content-Length", value: String(body.utf8.count))
    connection.write(HTTPServerResponsePart.head(head), promise: nil)
    connection.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
    connection.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
  }
}
