import NIOCore

/// A WebSocket that a client asks for: what both sides and the session between them know of it.
struct SocketRequest {
  /// As the client sent it.
  var head: RequestHead
  var route: Route
  var trust: RequestRewrite.Trust
  var handshake: SocketHandshake
  /// The client's address, for `X-Forwarded-For`.
  var peer: String?
  /// For logs.
  var connectionID: Int
  var began: NIODeadline
  /// Whether the client came by TLS, as far as is known.
  var isSecure = false
  /// What the origin knows as `Connection-Id`, and statistics and commands too: a lower-case UUID.
  var socketID = ""

  /// Whether the edge itself executes what the origin says in the `grip` extension (GRIP §5.5).
  var isGRIP: Bool { trust == .untrusted && route.isGRIP }

  /// Whether the `grip` extension is offered to the origin: by the edge, or by the trusted proxy in front.
  var offersGRIP: Bool { isGRIP || (trust == .trusted && route.isGRIP && handshake.offersGRIP) }
}
