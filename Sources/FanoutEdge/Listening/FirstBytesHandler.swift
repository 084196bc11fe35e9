import Logging
import NIOCore
import ServerKit

/// What is decided by the first bytes of a connection.
protocol FirstBytes {
  /// How long the bytes may take from now on; `nil` leaves the limit as it is.
  ///
  /// - Parameter hasBegun: whether any has come.
  func limit(hasBegun: Bool, of configuration: EdgeConfiguration) -> TimeAmount?
  /// Looks at all that has come.
  func read(_ bytes: ByteBufferView) -> FirstBytesReading
}

/// What the first bytes of a connection say.
enum FirstBytesReading {
  case needsMore
  /// The connection is closed and counted; the text is for the log.
  case malformed(String, counter: WritableKeyPath<EdgeCounters, Int>)
  /// So many of the bytes are used; the phase that follows gets the rest.
  case over(length: Int, next: (inout ClientArrival, any Channel, any ChannelHandler) throws -> Void)
}

/// A phase of a connection that looks at its first bytes, and hands what it does not use to the next phase.
///
/// **Isolation**: its event loop, every member.
final class FirstBytesHandler: ChannelInboundHandler, RemovableChannelHandler, ClientPhase {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private var arrival: ClientArrival
  private let reader: any FirstBytes
  private var context: ChannelHandlerContext?
  private var deadlineKey: Int32 = -1
  private var input = ByteBuffer()

  init(_ reader: any FirstBytes, arrival: ClientArrival) {
    self.reader = reader
    self.arrival = arrival
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    deadlineKey = arrival.loop.deadlines.add(self)
    setLimit(hasBegun: false)
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
    if input.readableBytes == 0 { setLimit(hasBegun: true) }
    input.writeBuffer(&bytes)
    switch reader.read(input.readableBytesView) {
    case .needsMore: return
    case .malformed(let text, let counter):
      arrival.loop.counters[keyPath: counter] += 1
      arrival.loop.logger.debug("connection refused", metadata: .keys([.reason: text]))
      close(.protocolError)
    case .over(let length, let next):
      input.moveReaderIndex(forwardBy: length)
      end(context, next)
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

  private func setLimit(hasBegun: Bool) {
    guard let limit = reader.limit(hasBegun: hasBegun, of: arrival.loop.configuration) else { return }
    arrival.loop.deadlines.set(deadlineKey, to: arrival.loop.eventLoop.now + limit)
  }

  private func end(
    _ context: ChannelHandlerContext, _ next: (inout ClientArrival, any Channel, any ChannelHandler) throws -> Void
  ) {
    arrival.loop.deadlines.remove(&deadlineKey)
    do {
      try next(&arrival, context.channel, self)
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
extension FirstBytesHandler: Sendable {}

/// The header of a proxy that speaks the PROXY protocol, and no byte after it.
struct ProxyHeaderBytes: FirstBytes {
  func limit(hasBegun: Bool, of configuration: EdgeConfiguration) -> TimeAmount? {
    hasBegun ? nil : configuration.proxyHeaderTimeout
  }

  func read(_ bytes: ByteBufferView) -> FirstBytesReading {
    switch ProxyHeader.read(bytes) {
    case .needsMore: .needsMore
    case .malformed(let text): .malformed(text, counter: \.proxyHeaderFaults)
    case .header(let peer, let length):
      .over(length: length) { arrival, channel, handler in
        arrival.statedPeer = peer
        try arrival.beginTransport(on: channel, after: handler)
      }
    }
  }
}

/// What tells HTTP/2 with prior knowledge from HTTP/1 (RFC 9113 §3.3, §3.4), on listeners where that is allowed.
struct PrefaceBytes: FirstBytes {
  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  /// A beginning that does not go on is held to the time limit of a head.
  func limit(hasBegun: Bool, of configuration: EdgeConfiguration) -> TimeAmount? {
    hasBegun ? configuration.timeouts.head : configuration.timeouts.idle
  }

  func read(_ bytes: ByteBufferView) -> FirstBytesReading {
    let isHTTP2 = bytes.prefix(Self.preface.count).elementsEqual(Self.preface.prefix(bytes.count))
    if isHTTP2, bytes.count < Self.preface.count { return .needsMore }
    return .over(length: 0) { arrival, channel, handler in
      if isHTTP2 {
        try arrival.beginHTTP2(on: channel, after: handler)
      } else {
        try arrival.beginHTTP1(on: channel, after: handler)
      }
    }
  }
}
