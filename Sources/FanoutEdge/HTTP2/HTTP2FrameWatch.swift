import NIOCore

/// Stands between the socket (or TLS) and NIO's HTTP/2, and sees to what NIO leaves to its user: that a connection ends when
/// the client has been told of an error (RFC 9113 §5.4.1), and the code for heads on a stream that has ended.
///
/// **Isolation**: its event loop, every member.
final class HTTP2FrameWatch: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = IOData
  typealias OutboundOut = ByteBuffer

  /// Of a frame (RFC 9113 §4.1).
  private enum Frame {
    static let headerBytes = 9
    static let data: UInt8 = 0
    static let headers: UInt8 = 1
    static let reset: UInt8 = 3
    static let goAway: UInt8 = 7
    static let protocolError: UInt32 = 1
    static let streamClosed: UInt32 = 5
  }

  private let connection: HTTP2Connection
  private var streams: EndedStreams
  /// Bytes of a frame whose header has been written that are still to come.
  private var outboundRest = 0
  private var hasError = false

  init(connection: HTTP2Connection) {
    self.connection = connection
    streams = EndedStreams(limit: connection.loop.configuration.http2.maxConcurrentStreams * 2)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !connection.dropsInput else { return }
    streams.received(unwrapInboundIn(data))
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .byteBuffer(var bytes) = unwrapOutboundIn(data) else {
      promise?.fail(ChannelError.operationUnsupported)
      return
    }
    look(at: &bytes)
    context.write(wrapOutboundOut(bytes), promise: promise)
  }

  func flush(context: ChannelHandlerContext) {
    context.flush()
    if hasError {
      hasError = false
      connection.errorSent()
    }
  }

  /// Walks over the frames. NIO writes the header of a frame, and the whole of a short one, in one piece.
  private func look(at bytes: inout ByteBuffer) {
    var offset = bytes.readerIndex + outboundRest
    while offset + Frame.headerBytes <= bytes.writerIndex {
      guard let word: UInt32 = bytes.getInteger(at: offset), let flags: UInt8 = bytes.getInteger(at: offset + 4),
        let stream: UInt32 = bytes.getInteger(at: offset + 5)
      else { break }
      let payload = offset + Frame.headerBytes
      switch UInt8(word & 0xFF) {
      case Frame.data, Frame.headers: if flags & 1 != 0 { streams.answered(stream) }
      case Frame.reset:
        if streams.reset(stream), bytes.getInteger(at: payload) == Frame.protocolError {
          bytes.setInteger(Frame.streamClosed, at: payload)
        }
      case Frame.goAway: if let code: UInt32 = bytes.getInteger(at: payload + 4), code != 0 { hasError = true }
      default: break
      }
      offset = payload + Int(word >> 8)
    }
    outboundRest = max(0, offset - bytes.writerIndex)
  }
}

@available(*, unavailable)
extension HTTP2FrameWatch: Sendable {}
