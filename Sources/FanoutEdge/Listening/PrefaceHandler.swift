import NIOCore

/// Tells HTTP/2 with prior knowledge from HTTP/1 by a connection's first bytes (RFC 9113 §3.3, §3.4), on listeners where
/// that is allowed.
///
/// **Isolation**: its event loop, every member.
final class PrefaceHandler: ChannelInboundHandler, RemovableChannelHandler, ClientPhase {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  private let arrival: ClientArrival
  private var context: ChannelHandlerContext?
  private var deadlineKey: Int32 = -1
  private var input = ByteBuffer()

  init(arrival: ClientArrival) { self.arrival = arrival }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    deadlineKey = arrival.loop.deadlines.add(self)
    arrival.loop.deadlines.set(
      deadlineKey, to: arrival.loop.eventLoop.now + arrival.loop.configuration.timeouts.idle)
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
    if input.readableBytes == 0 {
      // A beginning that does not go on is held to the time limit of a head.
      arrival.loop.deadlines.set(
        deadlineKey, to: arrival.loop.eventLoop.now + arrival.loop.configuration.timeouts.head)
    }
    input.writeBuffer(&bytes)
    let view = input.readableBytesView
    let isHTTP2 = view.prefix(Self.preface.count).elementsEqual(Self.preface.prefix(view.count))
    if isHTTP2, view.count < Self.preface.count { return }
    end(context, isHTTP2: isHTTP2)
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

  private func end(_ context: ChannelHandlerContext, isHTTP2: Bool) {
    arrival.loop.deadlines.remove(&deadlineKey)
    do {
      if isHTTP2 {
        try arrival.beginHTTP2(on: context.channel, after: self)
      } else {
        try arrival.beginHTTP1(on: context.channel, after: self)
      }
    } catch {
      return close(.protocolError)
    }
    let rest = input
    input = ByteBuffer()
    self.context = nil
    context.fireChannelRead(wrapInboundOut(rest))
    context.fireChannelReadComplete()
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }
}

@available(*, unavailable)
extension PrefaceHandler: Sendable {}
