import HTTPTypes
import NIOCore

/// By what a session is found. A client's requests may come on any connection, and so on any event loop.
struct SockJSKey: Hashable, Sendable {
  /// Lower case, without port.
  var host: String
  /// The route's base path.
  var base: String
  /// The session's name, which its client has made up.
  var session: String
}

/// What a connection asks of a session, which may live on another event loop.
struct SockJSOrder: Sendable {
  /// What is asked.
  enum Kind: Sendable {
    /// The next frame. Where there is no session the request makes one.
    case poll(SocketRequest)
    /// Passes messages on; `nil` where there were none that could be read.
    case send([ByteBuffer]?)
  }

  let key: SockJSKey
  /// Of the connection that asks; it has one request at a time.
  let connectionID: Int
  let kind: Kind
  /// Takes the answer, on any event loop. Called once, or never where the connection has gone.
  let reply: @Sendable (SockJSReply) -> Void
}

/// What a session answers.
enum SockJSReply: Sendable {
  /// A frame, for whatever transport has asked.
  case frame(ByteBuffer)
  /// Messages were taken.
  case taken
  /// A text of the edge's own; its line end is added.
  case text(Int, String)
  /// What the origin has said instead of accepting.
  case refusal(status: Int, reason: String?, fields: HTTPFields, body: ByteBuffer)

  /// There is no such session.
  static let notFound = SockJSReply.text(404, "Not Found")
  /// The session is over without a frame that says so.
  static let terminated = SockJSReply.text(410, "Session terminated")
  /// No room for another session.
  static let full = SockJSReply.text(503, "Too many SockJS sessions.")
}
