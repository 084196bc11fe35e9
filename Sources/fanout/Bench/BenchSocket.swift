import NIOCore
import NIOHTTP1
import NIOWebSocket
import ServerKit

/// One WebSocket of a bench from its 101 on: every message is taken as lines, pings are answered. Lives on its loop.
final class BenchSocket: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private let row: Int
  private let owner: BenchLoop
  private var lines: LineReader

  private init(row: Int, owner: BenchLoop) {
    self.row = row
    self.owner = owner
    lines = LineReader(longest: owner.plan.size + 1_024)
  }

  /// What a new connection needs to become a WebSocket.
  static func addHandlers(to channel: any Channel, row: Int, owner: BenchLoop) throws {
    let bound = NIOLoopBound(owner, eventLoop: owner.loop)
    let handshake = BenchHandshake(row: row, owner: owner)
    let name = "handshake"
    let upgrader = NIOWebSocketClientUpgrader(maxFrameSize: max(1 << 20, 2 * owner.plan.size)) { channel, _ in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(BenchSocket(row: row, owner: bound.value))
      }.flatMap { channel.pipeline.removeHandler(name: name) }
    }
    // The first messages may come with the 101.
    try channel.pipeline.syncOperations.addHTTPClientHandlers(
      leftOverBytesStrategy: .forwardBytes,
      withClientUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
    try channel.pipeline.syncOperations.addHandler(handshake, name: name)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    // An origin of the bench's own says when the proxy listens; others have no such word.
    if owner.plan.origin == nil { owner.opened(row: row) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var frame = unwrapInboundIn(data)
    let now = BenchClock.now()
    switch frame.opcode {
    case .text, .binary, .continuation:
      lines.append(frame.unmaskedData.readableBytesView) { owner.received($0, row: row, at: now) }
      if frame.fin { lines.finish { owner.received($0, row: row, at: now) } }
    case .ping:
      frame = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData)
      context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    case .connectionClose:
      frame = WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: frame.unmaskedData)
      context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
      context.close(promise: nil)
    default: break
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    owner.disconnected(context.channel)
    owner.ended(row: row, isBroken: true)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

@available(*, unavailable)
extension BenchSocket: Sendable {}

/// Asks for a WebSocket, and is there until the 101; what it reads is the answer of somebody who gives none.
private final class BenchHandshake: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let row: Int
  private let owner: BenchLoop

  init(row: Int, owner: BenchLoop) {
    self.row = row
    self.owner = owner
  }

  func channelActive(context: ChannelHandlerContext) {
    owner.connected(context.channel)
    guard !owner.isStopping else {
      context.close(promise: nil)
      return
    }
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: owner.path(row: row))
    head.headers.add(name: "Host", value: owner.plan.target.authority)
    head.headers.add(name: "User-Agent", value: "fanout-bench")
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let head) = unwrapInboundIn(data) else { return }
    owner.failed(row: row, reason: "it answered \(head.status.code) \(head.status.reasonPhrase)")
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    owner.disconnected(context.channel)
    owner.ended(row: row, isBroken: true)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    owner.broke(row: row, reason: "\(error)")
    context.close(promise: nil)
  }
}
