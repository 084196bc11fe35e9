import Logging
import NIOCore
import NIOHPACK
import NIOHTTP2

/// An HTTP/2 connection of a client: its streams, its idle time, its end. Each stream is served by a `DownstreamConnection`
/// of its own behind a `StreamTranslator`.
///
/// **Isolation**: its event loop, every member.
/// **Spec**: RFC 9113.
final class HTTP2Connection: ChannelInboundHandler, ClientPhase {
  typealias InboundIn = HTTP2Frame
  typealias OutboundOut = HTTP2Frame

  /// What such a connection is read with: a frame of the size that all must accept fits.
  static let reads = LeanReads(capacity: 16_384, isFirst: false)
  /// How long a client may take to notice that a connection has ended by an error.
  private static let linger = TimeAmount.seconds(2)

  let loop: LoopContext
  private let peer: String?
  private let isSecure: Bool
  private var context: ChannelHandlerContext?
  private var deadlineKey: Int32 = -1
  private var streamCount = 0
  private var isDraining = false
  private var isEnding = false

  init(loop: LoopContext, peer: String?, isSecure: Bool) {
    self.loop = loop
    self.peer = peer
    self.isSecure = isSecure
  }

  /// Builds the pipeline of a new stream.
  func begin(stream: any Channel) throws {
    try stream.syncOptions?.setOption(.autoRead, value: false)
    loop.counters.streams += 1
    let provenance = ClientProvenance(peer: peer, isSecure: isSecure, isStream: true)
    try stream.pipeline.syncOperations.addHandlers([
      StreamTranslator(connection: self, provenance: provenance),
      DownstreamConnection(loop: loop, provenance: provenance),
    ])
  }

  /// Whether new streams are served.
  var acceptsStreams: Bool { !isDraining && !isEnding }

  func streamOpened() {
    streamCount += 1
    loop.deadlines.set(deadlineKey, to: nil)
  }

  func streamClosed() {
    streamCount -= 1
    guard streamCount == 0, !isEnding else { return }
    if isDraining { return close(.shutdown) }
    setIdleDeadline()
  }

  /// The last frame says that the connection has ended by an error: it is closed when that has left (RFC 9113 §5.4.1).
  func errorSent() {
    guard !isEnding, let context else { return }
    isEnding = true
    loop.deadlines.set(deadlineKey, to: loop.eventLoop.now + Self.linger)
    // Not inside the call that wrote it.
    let bound = NIOLoopBound(context, eventLoop: loop.eventLoop)
    loop.eventLoop.execute { bound.value.close(mode: .output, promise: nil) }
  }

  /// Whether what still comes is dropped.
  var dropsInput: Bool { isEnding }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    deadlineKey = loop.deadlines.add(self)
    setIdleDeadline()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    loop.deadlines.remove(&deadlineKey)
  }

  /// Frames of the connection itself, which NIO has acted on.
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Errors of streams come by here too, and those of the connection have sent their frame (`HTTP2FrameWatch`).
    loop.logger.debug("HTTP/2 error", metadata: ["error": "\(error)"])
    guard !(error is any NIOHTTP2Error) else { return }
    close(.clientGone)
  }

  func deadlinePassed(now: NIODeadline) {
    guard !isEnding, !isDraining else { return close(.timeout) }
    // A request that is on its way has a moment: the client learns that it was not served.
    drain(closesHeld: false)
    loop.deadlines.set(deadlineKey, to: now + Self.linger)
  }

  func drain(closesHeld: Bool) {
    guard let context, !isEnding else { return }
    if !isDraining {
      isDraining = true
      context.writeAndFlush(
        wrapOutboundOut(
          HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))),
        promise: nil)
    }
    if streamCount == 0 { close(.shutdown) }
  }

  /// Its streams say so themselves.
  let isBusy = false

  func close(_ reason: CloseReason) {
    isEnding = true
    context?.close(promise: nil)
  }

  private func setIdleDeadline() {
    loop.deadlines.set(deadlineKey, to: loop.eventLoop.now + loop.configuration.http2.idleTimeout)
  }
}

@available(*, unavailable)
extension HTTP2Connection: Sendable {}
