import HTTPTypes
import NIOCore

/// A connection that becomes a WebSocket: `DownstreamSocket` says what, this does it.
extension DownstreamConnection {
  /// Reads the handshake of a request for which `SocketHandshake.isWanted` holds; `nil` where it was answered.
  func socketHandshake(_ head: RequestHead, _ framing: BodyFraming) -> SocketHandshake? {
    do throws(HeadFault) {
      return try SocketHandshake(
        head, framing: framing, allowsCompression: loop.configuration.sockets.allowsCompression)
    } catch {
      loop.counters.refusals[error.status, default: 0] += 1
      machine.lastResponse()
      var fields: HTTPFields = [.contentType: "text/plain"]
      if error.status == 426 {
        fields[.secWebSocketVersion] = "13"
        fields[.upgrade] = "websocket"
      }
      respond(
        status: error.status, reason: nil, fields: fields, body: ByteBuffer(string: error.text + "\n"))
      return nil
    }
  }

  /// Asks an origin for the WebSocket that the client wants.
  func beginSocket(_ request: SocketRequest) {
    let socket = DownstreamSocket(connection: self, request: request)
    self.socket = socket
    loop.startSocket(request, client: socket)
  }

  /// Writes the 101; from now on the connection's bytes are frames.
  func upgraded(_ fields: HTTPFields) {
    guard machine.state == .exchange else { return }
    access.status = 101
    statistics?.figures.add {
      $0.client.headerSent += StatisticsHead.response(status: 101, reason: nil, fields: fields)
    }
    machine.socketStarted()
    reader = nil
    write(
      MessageEncoder.responseHead(
        status: 101, reason: nil, minorVersion: 1, fields: fields, framing: .none, closes: false))
    flush()
    process()
  }

  /// The client sends nothing more, as a stream of HTTP/2 tells; of a socket that is the end of both directions.
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .inputClosed? = event as? ChannelEvent else { return context.fireUserInboundEventTriggered(event) }
    // What is still to be written goes out; with it both sides of the stream have ended.
    if machine.state == .lingering { return }
    guard machine.state == .socket, let socket else { return close(.clientGone) }
    socket.inputEnded()
    process()
  }

  /// The closing handshake is over, or a close frame says why there is none.
  func socketEnded(isClean: Bool) {
    socket = nil
    endStatistics()
    logAccess(isComplete: isClean)
    machine.socketEnded(now: loop.eventLoop.now)
    closeOutput()
  }

  /// Gives the socket what has been read.
  func processSocket() {
    guard let socket else { return }
    var buffer = input ?? ByteBuffer()
    input = nil
    socket.read(&buffer)
    guard buffer.readableBytes > 0, machine.state == .socket else { return }
    // What is left is a part of a header, or waits: its storage must not hold on to what has been used.
    buffer.discardReadBytes()
    input = buffer
  }

  /// Bytes that the client's system has not confirmed; 0 where it cannot be told.
  var kernelQueuedBytes: Int {
    context?.channel.unconfirmedBytes ?? 0
  }

  /// Writes, and tells when it has left.
  func write(_ bytes: ByteBuffer, then completion: @escaping () -> Void) {
    guard let context else { return }
    context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenSuccess { completion() }
  }
}
