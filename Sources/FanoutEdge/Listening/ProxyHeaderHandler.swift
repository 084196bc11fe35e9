import Logging
import NIOCore

/// The first phase of a connection from a proxy that speaks the PROXY protocol: reads the header, and no byte after it.
///
/// **Isolation**: its event loop, every member.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler, ClientPhase {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private var arrival: ClientArrival
  private var context: ChannelHandlerContext?
  private var deadlineKey: Int32 = -1
  private var input = ByteBuffer()

  init(arrival: ClientArrival) { self.arrival = arrival }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    deadlineKey = arrival.loop.deadlines.add(self)
    arrival.loop.deadlines.set(
      deadlineKey, to: arrival.loop.eventLoop.now + arrival.loop.configuration.proxyHeaderTimeout)
    if context.channel.isActive { context.read() }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    arrival.loop.deadlines.remove(&deadlineKey)
  }

  func channelActive(context: ChannelHandlerContext) {
    context.fireChannelActive()
    context.read()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    input.writeBuffer(&bytes)
    switch ProxyHeader.read(input.readableBytesView) {
    case .needsMore: return
    case .malformed(let text):
      arrival.loop.counters.proxyHeaderFaults += 1
      arrival.loop.logger.debug("connection refused", metadata: ["reason": "\(text)"])
      close(.protocolError)
    case .header(let peer, let length):
      input.moveReaderIndex(forwardBy: length)
      arrival.statedPeer = peer
      end(context)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    context.fireChannelReadComplete()
    if self.context != nil { context.read() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { close(.clientGone) }

  func deadlinePassed(now: NIODeadline) { close(.timeout) }

  func drain(closesHeld: Bool) { close(.shutdown) }

  let isBusy = false

  func close(_ reason: CloseReason) { context?.close(promise: nil) }

  private func end(_ context: ChannelHandlerContext) {
    arrival.loop.deadlines.remove(&deadlineKey)
    do {
      try arrival.beginTransport(on: context.channel, after: self)
    } catch {
      return close(.protocolError)
    }
    let rest = input
    input = ByteBuffer()
    self.context = nil
    if rest.readableBytes > 0 {
      context.fireChannelRead(wrapInboundOut(rest))
      context.fireChannelReadComplete()
    }
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }
}

@available(*, unavailable)
extension ProxyHeaderHandler: Sendable {}
