import Logging
import NIOCore
import ServerKit

/// Stops accepting while a loop has all the connections that it may have, so that descriptors never run out and a full
/// server costs no processor time. Who comes then waits in the kernel's queue. The bound is exact: near it as many are
/// accepted at once as there is room for.
///
/// **Isolation**: its event loop.
final class AcceptGate: ChannelDuplexHandler {
  typealias InboundIn = any Channel
  typealias InboundOut = any Channel
  typealias OutboundIn = Never
  typealias OutboundOut = Never

  /// Connections accepted in one turn of the loop, where there is room.
  static let burst: UInt = 16

  private let loop: LoopContext
  private let limit: Int
  private var present = burst
  private var context: ChannelHandlerContext?
  private var isReadWanted = false
  private var isPaused = false

  /// - Parameter limit: connections of this loop.
  init(loop: LoopContext, limit: Int) {
    self.loop = loop
    self.limit = limit
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func read(context: ChannelHandlerContext) {
    if loop.counters.connections < limit, !isPaused {
      accept(context)
    } else {
      isReadWanted = true
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let connection = unwrapInboundIn(data)
    // Only where a loop listens on several addresses: each had room when it began to wait.
    guard loop.counters.connections < limit else { return connection.close(promise: nil) }
    loop.counters.connections += 1
    loop.counters.accepted += 1
    let phase = loop.minutes.opened(now: loop.eventLoop.now)
    connection.closeFuture.hop(to: loop.eventLoop).assumeIsolated().whenComplete { _ in
      self.loop.minutes.closed(phase, now: self.loop.eventLoop.now)
      self.connectionClosed()
    }
    context.fireChannelRead(data)
  }

  /// Out of descriptors or memory: NIO would try again at once and for ever.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !isPaused else { return }
    isPaused = true
    loop.logger.warning(
      "accepting paused for a second: out of descriptors", metadata: .keys([.errorDetail: "\(error)"]))
    let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
    loop.eventLoop.scheduleTask(in: .seconds(1)) {
      bound.value.isPaused = false
      bound.value.readIfWanted()
    }
  }

  private func connectionClosed() {
    loop.counters.connections -= 1
    readIfWanted()
  }

  private func readIfWanted() {
    guard isReadWanted, loop.counters.connections < limit, !isPaused else { return }
    isReadWanted = false
    if let context { accept(context) }
  }

  private func accept(_ context: ChannelHandlerContext) {
    let room = min(Self.burst, UInt(limit - loop.counters.connections))
    if room != present {
      present = room
      try? context.channel.syncOptions?.setOption(.maxMessagesPerRead, value: room)
    }
    context.read()
  }
}

@available(*, unavailable)
extension AcceptGate: Sendable {}
