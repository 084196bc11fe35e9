import GRIP
import HTTPTypes
import NIOCore

/// Connects both sides of a WebSocket without looking into it: for plain routes, and for a trusted proxy in front, which
/// reads the `grip` extension and the control messages itself (GRIP §5.5).
///
/// **Isolation**: its event loop, every member.
final class SocketRelay: SocketClientReceiver, SocketOriginReceiver {
  private weak var client: (any SocketClient)?
  private var origin: (any SocketOrigin)?
  private let isGRIP: Bool
  private var isOpen = false
  private var clientClose: SocketClose?

  init(client: any SocketClient, request: SocketRequest) {
    self.client = client
    isGRIP = request.isGRIP
  }

  /// Begins with an origin.
  func start(_ origin: any SocketOrigin) {
    self.origin = origin
    origin.open()
  }

  // MARK: The client

  var acceptsClientFrames: Bool { isOpen && origin?.isWritable ?? false }

  func clientSent(_ frame: SocketFrame) { origin?.send(frame) }

  func clientClosed(_ close: SocketClose) {
    clientClose = close
    origin?.close(close)
  }

  func clientLost() {
    origin?.clientLost()
    origin = nil
  }

  func clientWritable() { origin?.resumeReading() }

  func refreshOrigin() { if isOpen { origin?.refresh() } }

  // MARK: The origin

  var acceptsOriginFrames: Bool { client?.isWritable ?? true }

  func originOpened(fields: HTTPFields, grip: GRIPWebSocketExtension?, target: OriginTarget) {
    isOpen = true
    var fields = fields
    if !isGRIP, let grip, let value = try? grip.headerValue() { fields[.secWebSocketExtensions] = value }
    client?.accept(fields: fields)
  }

  func originRejected(status: Int, reason: String?, fields: HTTPFields, body: ByteBuffer) {
    origin = nil
    client?.reject(status: status, reason: reason, fields: fields, body: body)
  }

  func originFailed(_ error: ProxyError) {
    origin = nil
    client?.fail(error)
  }

  func originSent(_ frame: SocketFrame) { client?.send(frame) }

  func originClosed(_ close: SocketClose) { client?.close(close) }

  func originLost(_ reason: String) {
    origin = nil
    // Who has begun the closing handshake gets its end.
    if let clientClose { client?.close(clientClose) } else { client?.drop(.originLost) }
  }

  func originWritable() { client?.resumeReading() }
}

@available(*, unavailable)
extension SocketRelay: Sendable {}
