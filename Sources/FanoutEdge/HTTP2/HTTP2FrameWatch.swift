import NIOCore

/// Stands between the socket (or TLS) and NIO's HTTP/2, and sees to what NIO leaves to its user: that a connection ends when
/// NIO has told the client of an error.
///
/// **Isolation**: its event loop, every member.
final class HTTP2FrameWatch: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = IOData
  typealias OutboundOut = ByteBuffer

  private static let headerBytes = 9
  private static let goAway: UInt8 = 7

  private let connection: HTTP2Connection
  /// Bytes of a frame whose header has been written that are still to come.
  private var outboundRest = 0
  private var hasError = false

  init(connection: HTTP2Connection) { self.connection = connection }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if !connection.dropsInput { context.fireChannelRead(data) }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .byteBuffer(let bytes) = unwrapOutboundIn(data) else {
      promise?.fail(ChannelError.operationUnsupported)
      return
    }
    look(at: bytes)
    context.write(wrapOutboundOut(bytes), promise: promise)
  }

  func flush(context: ChannelHandlerContext) {
    context.flush()
    if hasError {
      hasError = false
      connection.errorSent()
    }
  }

  /// Finds a `GOAWAY` with an error among the frames. NIO writes the header of a frame in one piece.
  private func look(at bytes: ByteBuffer) {
    var offset = bytes.readerIndex + outboundRest
    while offset + Self.headerBytes <= bytes.writerIndex {
      guard let word: UInt32 = bytes.getInteger(at: offset), let type: UInt8 = bytes.getInteger(at: offset + 3) else {
        break
      }
      if type == Self.goAway, let code: UInt32 = bytes.getInteger(at: offset + Self.headerBytes + 4), code != 0 {
        hasError = true
      }
      offset += Self.headerBytes + Int(word >> 8)
    }
    outboundRest = max(0, offset - bytes.writerIndex)
  }
}

@available(*, unavailable)
extension HTTP2FrameWatch: Sendable {}
