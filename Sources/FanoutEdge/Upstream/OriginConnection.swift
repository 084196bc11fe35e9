import NIOCore

/// A connection to an origin, used for one request at a time and pooled between them.
///
/// **Isolation**: its event loop, every member.
final class OriginConnection: ChannelInboundHandler, RemovableChannelHandler, DeadlineOwner {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What it is pooled under.
  let key: String
  private unowned let pool: OriginPool
  private var context: ChannelHandlerContext?
  private var parser: ResponseParser
  private var input = ByteBuffer()
  private var responder: (any OriginResponder)?
  private var deadlineKey: Int32 = -1
  private var servedCount = 0
  private var isRequestComplete = false
  private var requestFraming = BodyFraming.none
  private var hadResponseBytes = false
  private var isHeadReceived = false
  private var keepsAlive = false
  private var isReadPending = false
  private var isParsing = false
  private var closeText = "it closed the connection"
  private(set) var isClosed = false
  /// The address of the client in whose share it counts; the pool's.
  var borrower: String?

  init(key: String, pool: OriginPool) {
    self.key = key
    self.pool = pool
    parser = ResponseParser(limits: pool.settings.responseLimits)
  }

  /// Whether it has served a request before the present one.
  var isReused: Bool { servedCount > 1 }

  /// Whether what is written leaves at once.
  var isWritable: Bool { context?.channel.isWritable ?? false }

  /// Sends the head of a request. Its response goes to the responder.
  ///
  /// - Parameter asksUpgrade: whether 101 may answer it; the responder takes the connection over then (`handOver`), or
  ///   abandons it.
  func begin(
    method: String, head: ByteBuffer, framing: BodyFraming, responder: any OriginResponder, asksUpgrade: Bool = false
  ) {
    self.responder = responder
    servedCount += 1
    isRequestComplete = false
    requestFraming = framing
    hadResponseBytes = false
    isHeadReceived = false
    keepsAlive = false
    parser.requestSent(method: method, asksUpgrade: asksUpgrade)
    write(head)
    setDeadline(pool.settings.responseHeadTimeout)
    read()
  }

  /// Sends a part of the request's body.
  func sendBody(_ bytes: ByteBuffer) {
    guard bytes.readableBytes > 0, !isClosed else { return }
    if requestFraming == .chunked {
      write(MessageEncoder.chunkPrefix(bytes.readableBytes))
      write(bytes)
      write(MessageEncoder.chunkSuffix)
    } else {
      write(bytes)
    }
    if !isHeadReceived { setDeadline(pool.settings.responseHeadTimeout) }
  }

  /// The request is whole.
  func endRequest() {
    guard !isRequestComplete, !isClosed else { return }
    isRequestComplete = true
    if requestFraming == .chunked { write(MessageEncoder.lastChunk) }
    flush()
    if !isHeadReceived { setDeadline(pool.settings.responseHeadTimeout) }
  }

  /// Lets what was written leave.
  func flush() { context?.flush() }

  /// The responder takes body bytes again.
  func resumeReading() { read() }

  /// Nobody waits for the response any more.
  func abandon() {
    responder = nil
    close()
  }

  /// Leaves the pool after a 101, and lets another handler have the channel.
  ///
  /// - Returns: what the origin has sent behind its 101.
  func handOver(to handler: some ChannelInboundHandler) -> ByteBuffer? {
    guard let context, !isClosed else { return nil }
    responder = nil
    let rest = input
    input = ByteBuffer()
    let pipeline = context.pipeline.syncOperations
    guard (try? pipeline.addHandler(handler, position: .after(self))) != nil else { return nil }
    pool.left(self)
    // On its own loop it is gone when this returns.
    pipeline.removeHandler(context: context, promise: nil)
    return rest
  }

  /// Closes at once.
  func close() {
    context?.close(promise: nil)
  }

  /// It lies in the pool from now on: whatever comes is one byte too many.
  func parked(for duration: TimeAmount) {
    setDeadline(duration)
    read()
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    deadlineKey = pool.deadlines.add(self)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    pool.deadlines.remove(&deadlineKey)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    guard responder != nil else {
      // Nobody asked for this.
      close()
      return
    }
    hadResponseBytes = true
    input.writeBuffer(&bytes)
    parse()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReadPending = false
    responder?.responseReadPaused()
    read()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { responder?.originWritable() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    closeText = "the connection broke"
    close()
  }

  func channelInactive(context: ChannelHandlerContext) {
    isClosed = true
    pool.closed(self)
    guard responder != nil else { return }
    if parser.inputClosed() {
      finish(isReusable: false)
    } else {
      fail(.closed, isHeadReceived ? "\(closeText) in the middle of its response" : "\(closeText) without an answer")
    }
  }

  func deadlinePassed(now: NIODeadline) {
    guard responder != nil else {
      close()
      return
    }
    fail(.timeout, isHeadReceived ? "it sent nothing more of its response" : "it sent no response head in time")
    close()
  }

  private func parse() {
    guard !isParsing else { return }
    isParsing = true
    defer { isParsing = false }
    while responder != nil {
      do throws(HeadFault) {
        switch try parser.next(&input) {
        case .needsMore:
          if input.readableBytes == 0 { input.clear() }
          if isHeadReceived { setDeadline(pool.settings.responseBodyTimeout) }
          return
        case .head(let head, let framing):
          isHeadReceived = true
          keepsAlive = head.keepsAlive && framing != .untilClose
          responder?.responseHeadReceived(head, framing: framing)
        case .body(let bytes):
          responder?.responseBodyReceived(bytes)
        case .end:
          finish(isReusable: keepsAlive && isRequestComplete && input.readableBytes == 0)
          return
        }
      } catch {
        fail(.malformed, error.text)
        close()
        return
      }
    }
  }

  /// The response is whole.
  private func finish(isReusable: Bool) {
    let responder = responder
    self.responder = nil
    input.clear()
    if isReusable, !isClosed {
      pool.put(self)
    } else {
      close()
    }
    responder?.responseEnded()
  }

  private func fail(_ kind: OriginFailure.Kind, _ text: String) {
    let responder = responder
    self.responder = nil
    var failure = OriginFailure(kind, "\(key): \(text)")
    failure.hadResponseBytes = hadResponseBytes
    failure.wasReused = isReused
    responder?.originFailed(failure)
  }

  private func write(_ bytes: ByteBuffer) {
    context?.write(wrapOutboundOut(bytes), promise: nil)
  }

  private func read() {
    guard !isReadPending, !isClosed, responder?.acceptsResponseBody ?? true else { return }
    isReadPending = true
    context?.read()
  }

  private func setDeadline(_ duration: TimeAmount) {
    pool.deadlines.set(deadlineKey, to: pool.loop.now + duration)
  }
}

@available(*, unavailable)
extension OriginConnection: Sendable {}
