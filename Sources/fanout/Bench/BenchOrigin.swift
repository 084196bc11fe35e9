import GRIP
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A minimal origin for a proxy that has none: answers every request with an instruction to hold, over HTTP also those for
/// WebSockets, and takes WebSockets too.
final class BenchOrigin: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let answer: BenchOriginAnswer
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []

  /// LIMIT: bytes of a request's body; the messages of clients that send are not the bench's.
  private static let longestBody = 1 << 20

  private init(answer: BenchOriginAnswer) {
    self.answer = answer
  }

  /// Listens at an address until the group ends.
  static func start(
    at host: String, port: Int, answer: BenchOriginAnswer, group: any EventLoopGroup
  ) async throws -> any Channel {
    try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let name = "requests"
          let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
              let isKnown = answer.question(head.uri, head.httpFields).channel != nil
              return channel.eventLoop.makeSucceededFuture(
                isKnown ? ["Sec-WebSocket-Extensions": BenchOriginAnswer.extensionText] : nil)
            },
            upgradePipelineHandler: { channel, head in
              channel.eventLoop.makeCompletedFuture {
                let socket = BenchOriginSocket(answer: answer, question: answer.question(head.uri, head.httpFields))
                try channel.pipeline.syncOperations.addHandler(socket)
              }
            })
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withServerUpgrade: (
              upgraders: [upgrader], completionHandler: { $0.pipeline.removeHandler(name: name, promise: nil) }
            ))
          try channel.pipeline.syncOperations.addHandler(BenchOrigin(answer: answer), name: name)
        }
      }
      .bind(host: host, port: port).get()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = []
    case .body(let buffer):
      guard body.count + buffer.readableBytes <= Self.longestBody else {
        context.close(promise: nil)
        return
      }
      body.append(contentsOf: buffer.readableBytesView)
    case .end:
      guard let request = head else { return }
      head = nil
      respond(to: request, context)
    }
  }

  private func respond(to request: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let fields = request.httpFields
    let response =
      fields[.contentType] == GRIPWebSocketEvent.mediaType
      ? answer.eventsResponse(to: request.uri, fields, body: body) : answer.response(to: request.uri, fields)
    var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: response.status))
    for field in response.headers { head.headers.add(name: field.name.rawName, value: field.value) }
    head.headers.add(name: "Content-Length", value: String(response.body.count))
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(
      wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: response.body)))), promise: nil)
    let channel = NIOLoopBound(context.channel, eventLoop: context.eventLoop)
    let staysOpen = request.isKeepAlive
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
      if !staysOpen { channel.value.close(promise: nil) }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

@available(*, unavailable)
extension BenchOrigin: Sendable {}

/// The origin's end of a WebSocket: tells the proxy where to listen, and gives what it asks for again.
private final class BenchOriginSocket: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private let answer: BenchOriginAnswer
  private let question: BenchOriginAnswer.Question

  init(answer: BenchOriginAnswer, question: BenchOriginAnswer.Question) {
    self.answer = answer
    self.question = question
  }

  func handlerAdded(context: ChannelHandlerContext) {
    say(answer.messages(for: question, greets: true), context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    switch frame.opcode {
    case .text:
      guard let question = answer.resumed(String(buffer: frame.unmaskedData)) else { return }
      say(answer.messages(for: question, greets: false), context)
    case .ping:
      context.writeAndFlush(
        wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)), promise: nil)
    case .connectionClose:
      let channel = NIOLoopBound(context.channel, eventLoop: context.eventLoop)
      context.writeAndFlush(
        wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: frame.unmaskedData))
      ).whenComplete { _ in channel.value.close(promise: nil) }
    default: break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func say(_ texts: [String], _ context: ChannelHandlerContext) {
    for text in texts {
      let data = context.channel.allocator.buffer(string: text)
      context.write(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .text, data: data)), promise: nil)
    }
    context.flush()
  }
}

@available(*, unavailable)
extension BenchOriginSocket: Sendable {}

extension HTTPRequestHead {
  /// The fields by name; one that no HTTP message may carry is left out.
  fileprivate var httpFields: HTTPFields {
    var fields = HTTPFields()
    for (name, value) in headers {
      if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
    }
    return fields
  }
}
