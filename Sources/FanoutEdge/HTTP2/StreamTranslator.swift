import GRIP
import Logging
import NIOCore
import NIOHPACK
import NIOHTTP2

/// Makes of a stream of HTTP/2 a connection with one HTTP/1.1 request: frames become its bytes, and the bytes of its response
/// frames. So what serves, holds and delivers knows HTTP/1 only.
///
/// Back-pressure is the stream's own: it is writable while few bytes wait for the client's window, and a write is done when
/// its frame has left.
///
/// **Isolation**: its event loop, every member.
/// **Spec**: RFC 9113 §8, RFC 8441.
final class StreamTranslator: ChannelDuplexHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = HTTP2Frame.FramePayload

  private let connection: HTTP2Connection
  private let provenance: ClientProvenance
  private var framing: StreamRequest.Framing?
  private var bodyRest = 0
  private var reader: StreamResponseReader?
  /// Body bytes that are not written yet, in case they are the last.
  private var pending: ByteBuffer?
  private var isRequestWhole = false
  private var isSwitched = false
  private var isResponseWhole = false
  private var isReset = false
  /// Frames with a promise that have not left.
  private var outstanding = 0
  private var barriers: [EventLoopPromise<Void>] = []
  /// What to reset the stream with when everything has left.
  private var resetWhenWritten: HTTP2ErrorCode?
  private var depth = 0

  init(connection: HTTP2Connection, provenance: ClientProvenance) {
    self.connection = connection
    self.provenance = provenance
  }

  func handlerAdded(context: ChannelHandlerContext) { connection.streamOpened() }

  func handlerRemoved(context: ChannelHandlerContext) { connection.streamClosed() }

  func channelActive(context: ChannelHandlerContext) {
    guard connection.acceptsStreams else { return reset(context, .refusedStream) }
    context.fireChannelActive()
  }

  /// Inside a write the connection above has not done its own part yet.
  func channelInactive(context: ChannelHandlerContext) {
    isReset = true
    guard depth > 0 else { return context.fireChannelInactive() }
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.eventLoop.execute { bound.value.fireChannelInactive() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is NIOHTTP2Errors.StreamClosed { isReset = true }
    context.fireErrorCaught(error)
  }

  // MARK: The request

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isReset else { return }
    do throws(StreamRequest.Malformed) {
      switch unwrapInboundIn(data) {
      case .headers(let frame):
        if framing == nil {
          try begin(frame, context)
        } else if frame.endStream {
          // Trailers, which are checked by NIO and dropped.
          try end(context)
        }
      case .data(let frame): try bodyReceived(frame, context)
      default: break
      }
    } catch {
      connection.loop.logger.debug("stream reset", metadata: ["reason": "\(error.text)"])
      reset(context, .protocolError)
    }
  }

  private func begin(
    _ frame: HTTP2Frame.FramePayload.Headers, _ context: ChannelHandlerContext
  ) throws(StreamRequest.Malformed) {
    let request = try StreamRequest(frame.headers, isWhole: frame.endStream, key: Self.makeKey())
    framing = request.framing
    if case .length(let length) = request.framing { bodyRest = length }
    reader = StreamResponseReader(method: request.method)
    isRequestWhole = frame.endStream
    context.fireChannelRead(wrapInboundOut(request.head))
  }

  private func bodyReceived(
    _ frame: HTTP2Frame.FramePayload.Data, _ context: ChannelHandlerContext
  ) throws(StreamRequest.Malformed) {
    guard case .byteBuffer(let bytes) = frame.data, let framing else { return }
    switch framing {
    case .none: throw StreamRequest.Malformed(text: "there is a body after the end")
    case .length:
      bodyRest -= bytes.readableBytes
      guard bodyRest >= 0 else { throw StreamRequest.Malformed(text: "the body is longer than content-length") }
      if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
    case .chunked:
      guard bytes.readableBytes > 0 else { break }
      var chunk = MessageEncoder.chunkPrefix(bytes.readableBytes)
      chunk.writeImmutableBuffer(bytes)
      chunk.writeStaticString("\r\n")
      context.fireChannelRead(wrapInboundOut(chunk))
    case .tunnel:
      if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
    }
    if frame.endStream { try end(context) }
  }

  private func end(_ context: ChannelHandlerContext) throws(StreamRequest.Malformed) {
    isRequestWhole = true
    switch framing {
    case .length where bodyRest > 0: throw StreamRequest.Malformed(text: "the body is shorter than content-length")
    case .chunked: context.fireChannelRead(wrapInboundOut(MessageEncoder.lastChunk))
    // The client's side of the WebSocket's connection is closed (RFC 8441 §5). With its close frame before it that is no
    // reason not to answer: browsers send both at once.
    case .tunnel: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    default: break
    }
  }

  private static func makeKey() -> String {
    var generator = SystemRandomNumberGenerator()
    return Base64.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
  }

  // MARK: The response

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let bytes = unwrapOutboundIn(data)
    guard !isReset, var reader else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    depth += 1
    defer { depth -= 1 }
    reader.append(bytes)
    var written = false
    do throws(HeadFault) {
      loop: while true {
        switch try reader.next() {
        case .needsMore: break loop
        case .continueResponse:
          write(.headers(.init(headers: [":status": "100"])), context)
        case .switched(let headers):
          guard framing == .tunnel else { throw HeadFault("nobody asked for another protocol") }
          isSwitched = true
          write(.headers(.init(headers: headers)), context)
        case .head(let status, let headers, let isWhole): writeHead(status, headers, isWhole: isWhole, context)
        case .body(let bytes):
          writePending(isLast: false, context)
          pending = bytes
        case .end: writePending(isLast: true, context)
        }
        written = true
      }
    } catch {
      connection.loop.logger.error("a response cannot be translated", metadata: ["error": "\(error.text)"])
      promise?.fail(ChannelError.operationUnsupported)
      return reset(context, .internalError)
    }
    writePending(isLast: false, context)
    self.reader = reader
    guard let promise else { return }
    if written || outstanding > 0 { barriers.append(promise) } else { promise.succeed() }
    settleBarriers(context)
  }

  func flush(context: ChannelHandlerContext) {
    depth += 1
    context.flush()
    depth -= 1
  }

  private func writeHead(_ status: Int, _ headers: HPACKHeaders, isWhole: Bool, _ context: ChannelHandlerContext) {
    guard framing == .tunnel, (200..<300).contains(status) else {
      isResponseWhole = isWhole
      return write(.headers(.init(headers: headers, endStream: isWhole)), context)
    }
    // A success would mean an open WebSocket (RFC 8441 §4), and there is none.
    isResponseWhole = true
    write(.headers(.init(headers: [":status": "502"], endStream: true)), context)
  }

  private func writePending(isLast: Bool, _ context: ChannelHandlerContext) {
    let bytes = pending
    pending = nil
    guard !isResponseWhole, isLast || bytes != nil else { return }
    isResponseWhole = isLast
    write(.data(.init(data: .byteBuffer(bytes ?? ByteBuffer()), endStream: isLast)), context)
  }

  /// Writes a frame and knows when it has left.
  private func write(_ payload: HTTP2Frame.FramePayload, _ context: ChannelHandlerContext) {
    outstanding += 1
    var count = 0
    if case .data(let frame) = payload { count = frame.data.readableBytes }
    provenance.queuedBytes += count
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenComplete { result in
      self.outstanding -= 1
      self.provenance.queuedBytes -= count
      if case .failure = result { self.isReset = true }
      self.settleBarriers(context)
    }
    context.write(wrapOutboundOut(payload), promise: promise)
  }

  private func settleBarriers(_ context: ChannelHandlerContext) {
    guard outstanding == 0 else { return }
    let done = barriers
    barriers = []
    for promise in done { if isReset { promise.fail(ChannelError.ioOnClosedChannel) } else { promise.succeed() } }
    if let code = resetWhenWritten, outstanding == 0 {
      resetWhenWritten = nil
      reset(context, code)
    }
  }

  // MARK: Ends

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard !isReset else { return context.close(mode: .all, promise: promise) }
    switch mode {
    case .input: promise?.fail(ChannelError.operationUnsupported)
    case .output:
      promise?.succeed()
      if isSwitched {
        // The client's end follows; a reset would make a clean end of the WebSocket look broken (RFC 8441 §5).
        if !isResponseWhole { endTunnel(context) }
        return
      }
      // What the client still sends of a request that has its response is not wanted (RFC 9113 §8.1).
      if !isRequestWhole { resetAfterWrites(context, .noError) }
    case .all:
      if isSwitched, !isResponseWhole, outstanding == 0 {
        endTunnel(context)
        if !isRequestWhole { resetAfterWrites(context, .noError) }
        promise?.succeed()
        return
      }
      if isResponseWhole, isRequestWhole, outstanding == 0 { return context.close(promise: promise) }
      reset(context, closeCode, promise)
    }
  }

  /// The code for a stream that ends before its response does.
  private var closeCode: HTTP2ErrorCode {
    if framing == nil { return .refusedStream }
    if isResponseWhole { return outstanding == 0 ? .noError : .cancel }
    return isSwitched ? .cancel : .internalError
  }

  private func endTunnel(_ context: ChannelHandlerContext) {
    isResponseWhole = true
    depth += 1
    write(.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true)), context)
    context.flush()
    depth -= 1
  }

  private func resetAfterWrites(_ context: ChannelHandlerContext, _ code: HTTP2ErrorCode) {
    resetWhenWritten = code
    settleBarriers(context)
  }

  private func reset(
    _ context: ChannelHandlerContext, _ code: HTTP2ErrorCode, _ promise: EventLoopPromise<Void>? = nil
  ) {
    guard !isReset else { return context.close(promise: promise) }
    isReset = true
    depth += 1
    context.writeAndFlush(wrapOutboundOut(.rstStream(code)), promise: nil)
    context.close(promise: promise)
    depth -= 1
  }
}

@available(*, unavailable)
extension StreamTranslator: Sendable {}
