import GRIP
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOPosix

/// What an origin of a bench answers: pure, by the request's target alone.
struct BenchOriginAnswer: Sendable {
  let plan: BenchPlan
  let log: BenchLog

  /// The answer to a request, by the last `channel=` and `last=` of its query.
  ///
  /// A channel that is none of this run is not found; without `channel=` it is the first one.
  func response(to target: String) -> GRIPResponse {
    var name = plan.channelName(0)
    var last = 0
    for pair in target.split(separator: "?", maxSplits: 1).dropFirst().joined().split(separator: "&") {
      if pair.hasPrefix("channel=") { name = Self.decoded(pair.dropFirst(8)) }
      if pair.hasPrefix("last=") { last = Int(pair.dropFirst(5)) ?? 0 }
    }
    guard name.hasPrefix(plan.prefix), let channel = Int(name.dropFirst(plan.prefix.count)),
      (0..<plan.channels).contains(channel)
    else {
      return GRIPResponse(status: 404, body: Array("no channel of this bench\n".utf8))
    }
    let missed = plan.transport == .longPoll ? log.messages(after: last, channel: channel) : []
    var response = GRIPResponse()
    response.headers[.contentType] = plan.transport == .sse ? "text/event-stream" : "text/plain"
    if missed.isEmpty {
      let id = plan.transport == .longPoll ? BenchMessage.id(run: plan.run, sequence: last) : nil
      let hold: GRIPHold = plan.transport == .longPoll ? .response(timeout: .seconds(55)) : .stream(keepAlive: nil)
      let instruction = GRIPInstruction(hold: hold, channels: [GRIPChannel(name, previousID: id)])
      guard let fields = try? instruction.headerFields() else {
        return GRIPResponse(status: 500, body: Array("the channel's name fits no header\n".utf8))
      }
      for field in fields { response.headers.append(field) }
    } else {
      response.body = Array((missed.joined(separator: "\n") + "\n").utf8)
    }
    return response
  }

  private static func decoded(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A minimal origin for a proxy that has none: answers every request with an instruction to hold.
final class BenchOrigin: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let answer: BenchOriginAnswer
  private var head: HTTPRequestHead?

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
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(BenchOrigin(answer: answer))
        }
      }
      .bind(host: host, port: port).get()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body: break
    case .end:
      guard let request = head else { return }
      head = nil
      let response = answer.response(to: request.uri)
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
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

@available(*, unavailable)
extension BenchOrigin: Sendable {}
