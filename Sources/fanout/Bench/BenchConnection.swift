import NIOCore
import NIOHTTP1
import ServerKit

/// One connection of a bench: asks, and reports the lines that come. Lives on its loop.
final class BenchConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let row: Int
  private let owner: BenchLoop
  private let carrier: BenchCarrier?
  private var lines: LineReader
  /// Whether a response is owed, or has begun and not ended.
  private var isAwaiting = false
  private var staysOpen = true

  /// A connection for a row of the owner's, or a stream on a carrier.
  init(row: Int, owner: BenchLoop, carrier: BenchCarrier? = nil) {
    self.row = row
    self.owner = owner
    self.carrier = carrier
    lines = LineReader(longest: owner.plan.size + 1_024)
  }

  func channelActive(context: ChannelHandlerContext) {
    owner.connected(context.channel)
    guard !owner.isStopping else {
      context.close(promise: nil)
      return
    }
    ask(context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): headReceived(head, context)
    case .body(let buffer):
      let now = BenchClock.now()
      lines.append(buffer.readableBytesView) { owner.received($0, row: row, at: now) }
    case .end:
      let now = BenchClock.now()
      lines.finish { owner.received($0, row: row, at: now) }
      isAwaiting = false
      if owner.plan.transport == .longPoll, staysOpen, !owner.isStopping {
        ask(context)
      } else {
        context.close(promise: nil)
      }
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    owner.disconnected(context.channel)
    if let failure = carrier?.failure { owner.broke(row: row, reason: failure) }
    // A stream is not meant to end at all.
    owner.ended(row: row, isBroken: isAwaiting || owner.plan.transport != .longPoll)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    owner.broke(row: row, reason: carrier?.failure ?? "\(error)")
    context.close(promise: nil)
  }

  private func ask(_ context: ChannelHandlerContext) {
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: owner.path(row: row))
    head.headers.add(name: "Host", value: owner.plan.target.authority)
    head.headers.add(name: "User-Agent", value: "fanout-bench")
    if owner.plan.transport == .sse { head.headers.add(name: "Accept", value: "text/event-stream") }
    isAwaiting = true
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    if owner.plan.transport == .longPoll { owner.opened(row: row) }
  }

  private func headReceived(_ head: HTTPResponseHead, _ context: ChannelHandlerContext) {
    // A stream of HTTP/2 is for one request.
    staysOpen = head.isKeepAlive && owner.plan.streamsPerConnection == nil
    // A poll whose time is over may be answered without content.
    guard head.status == .ok || (owner.plan.transport == .longPoll && head.status == .noContent) else {
      owner.failed(row: row, reason: "it answered \(head.status.code) \(head.status.reasonPhrase)")
      context.close(promise: nil)
      return
    }
    owner.opened(row: row)
  }
}

@available(*, unavailable)
extension BenchConnection: Sendable {}

/// This machine's monotonic clock.
enum BenchClock {
  /// Nanoseconds since some moment before the program started; the same clock in all threads.
  static func now() -> Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }
}
