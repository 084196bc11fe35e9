import Logging
import NIOCore

/// Stops accepting while a loop has all the connections that it may have, so that descriptors never run out and a full
/// server costs no processor time. Who comes then waits in the kernel's queue.
///
/// **Isolation**: its event loop.
final class AcceptGate: ChannelDuplexHandler {
  typealias InboundIn = any Channel
  typealias InboundOut = any Channel
  typealias OutboundIn = Never
  typealias OutboundOut = Never

  private let loop: LoopContext
  private let limit: Int
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
      context.read()
    } else {
      isReadWanted = true
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    loop.counters.connections += 1
    loop.counters.accepted += 1
    let connection = unwrapInboundIn(data)
    connection.closeFuture.hop(to: loop.eventLoop).assumeIsolated().whenComplete { _ in self.connectionClosed() }
    context.fireChannelRead(data)
  }

  /// Out of descriptors or memory: NIO would try again at once and for ever.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !isPaused else { return }
    isPaused = true
    loop.logger.warning("accepting paused for a second: out of descriptors", metadata: ["error": "\(error)"])
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
    context?.read()
  }
}

@available(*, unavailable)
extension AcceptGate: Sendable {}
