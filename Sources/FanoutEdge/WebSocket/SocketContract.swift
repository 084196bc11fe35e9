import GRIP
import HTTPTypes
package import NIOCore

// How the three parts of a proxied WebSocket know each other: the client's side (`SocketClient`), the origin's side
// (`SocketOrigin`: a native connection, or WebSocket-over-HTTP) and the session between them (`SocketSession`), which reads
// GRIP control messages and is what the hold table holds.
//
// **Isolation**: everything here belongs to one event loop.

/// A frame of a WebSocket after unmasking and inflating (RFC 6455 §5). Fragments of a message keep their order, and control
/// frames may stand between them.
package struct SocketFrame: Sendable, Hashable {
  /// What it carries.
  package enum Kind: UInt8, Sendable, Hashable {
    case text = 1
    case binary = 2
    case ping = 9
    case pong = 10
  }

  /// Of a continuation: the kind of its message.
  package var kind: Kind
  /// Whether it begins a message. Always for pings and pongs.
  package var isFirst: Bool
  /// Whether it ends a message. Always for pings and pongs.
  package var isLast: Bool
  package var payload: ByteBuffer

  package init(_ kind: Kind, _ payload: ByteBuffer, isFirst: Bool = true, isLast: Bool = true) {
    self.kind = kind
    self.payload = payload
    self.isFirst = isFirst
    self.isLast = isLast
  }
}

/// A close frame's body (RFC 6455 §5.5.1); without a code it is empty.
package struct SocketClose: Sendable, Hashable {
  /// Only codes that may stand on the wire (RFC 6455 §7.4).
  package var code: UInt16?
  /// At most 123 bytes of UTF-8. Empty without a code.
  package var reason: String

  package init(code: UInt16? = nil, reason: String = "") {
    self.code = code
    self.reason = reason
  }
}

/// The client's side of one WebSocket.
protocol SocketClient: AnyObject {
  /// The socket, for direct `send(2)` of whole frames; -1 where bytes must pass the pipeline (TLS, HTTP/2, bytes pending,
  /// or a fragmented message under way).
  var descriptor: Int32 { get }
  /// Whether permessage-deflate without context takeover was agreed, so that the same compressed frame serves everybody.
  var isDeflating: Bool { get }
  /// Whether what is sent leaves at once.
  var isWritable: Bool { get }

  /// Accepts: the 101 is written, with the origin's fields that are for the client (no hop-by-hop ones, none of
  /// `Sec-WebSocket-Accept`, which the client's side decides). `Sec-WebSocket-Extensions` holds at most the `grip`
  /// extension for a proxy in front; it is left out where none was offered.
  func accept(fields: HTTPFields)
  /// Refuses: an ordinary response, and the connection goes on as HTTP or closes.
  func reject(status: Int, reason: String?, fields: HTTPFields, body: ByteBuffer)
  /// Answers with an error of the proxy's own. Only before `accept`.
  func fail(_ error: ProxyError)
  /// Sends a frame through the pipeline.
  func send(_ frame: SocketFrame)
  /// Whole frames, encoded already; `SocketClientReceiver.clientDrained` follows when they have left.
  func writeThroughPipeline(_ bytes: ByteBuffer)
  /// Starts the closing handshake, or ends it where the client started it. Nothing is sent afterwards.
  func close(_ close: SocketClose)
  /// Ends the connection without a close frame.
  func drop(_ reason: CloseReason)
  /// Goes on reading the client's frames after `SocketSession.acceptsClientFrames` was false.
  func resumeReading()
}

/// A client's side that keeps what hears it: a session or a relay.
protocol SocketHost: SocketClient {
  var receiver: (any SocketClientReceiver)? { get set }
}

/// What the client's side tells.
protocol SocketClientReceiver: AnyObject {
  /// Whether more of the client's frames can be taken; where not, `SocketClient.resumeReading` follows.
  var acceptsClientFrames: Bool { get }
  /// A frame of the client's. Pings only where the edge does not answer them itself.
  func clientSent(_ frame: SocketFrame)
  /// The client's close frame: it began the closing handshake, or answers ours.
  func clientClosed(_ close: SocketClose)
  /// The connection is gone without a closing handshake.
  func clientLost()
  /// What was sent has left, after `isWritable` was false.
  func clientWritable()
  /// What `SocketClient.writeThroughPipeline` was given has left.
  func clientDrained()
  /// Somebody else wants the origin to be asked at once (`SocketOrigin.refresh`).
  func refreshOrigin()
  /// Its place in the hold table; `nil` where it is only relayed.
  var heldSlot: HoldSlot? { get }
}

extension SocketClientReceiver {
  func clientDrained() {}
  var heldSlot: HoldSlot? { nil }
}

/// The origin's side of one WebSocket.
protocol SocketOrigin: AnyObject {
  /// Whether more frames can be taken; where not, `SocketOriginReceiver.originWritable` follows.
  var isWritable: Bool { get }
  /// Begins: connects, asks, and fails over to further targets.
  func open()
  /// A frame of the client's.
  func send(_ frame: SocketFrame)
  /// The client's close frame, or its answer to the origin's.
  func close(_ close: SocketClose)
  /// The client is gone without a closing handshake.
  func clientLost()
  /// Ends this side and lets the client stay (control message `detach`). Nothing is heard of it any more.
  func detach()
  /// An empty WebSocket-over-HTTP request now, or right after the present one. Nothing on a native connection.
  func refresh()
  /// Asks for what the client missed: `Grip-Last` fields on an empty WebSocket-over-HTTP request, a message
  /// `c:{"type":"resume",…}` on a native connection. Only for channels that the origin itself subscribed with `prev-id`.
  func resume(_ lastIDs: [(channel: String, id: String)])
  /// Goes on reading after `SocketOriginReceiver.acceptsOriginFrames` was false.
  func resumeReading()
}

/// What the origin's side tells.
protocol SocketOriginReceiver: AnyObject {
  /// Whether more of the origin's frames can be taken; where not, `SocketOrigin.resumeReading` follows.
  var acceptsOriginFrames: Bool { get }
  /// Accepted. `fields` are those of its response, without hop-by-hop ones; `grip` is its `grip` extension. `target` is the
  /// one that took it, with its `implicitChannels`.
  func originOpened(fields: HTTPFields, grip: GRIPWebSocketExtension?, target: OriginTarget)
  /// Refused: an ordinary response, whole.
  func originRejected(status: Int, reason: String?, fields: HTTPFields, body: ByteBuffer)
  /// No target could be reached or understood, before it was opened.
  func originFailed(_ error: ProxyError)
  /// A frame of the origin's.
  func originSent(_ frame: SocketFrame)
  /// The origin's close frame, or its answer to the client's.
  func originClosed(_ close: SocketClose)
  /// It is gone without a closing handshake, after it was opened.
  func originLost(_ reason: String)
  /// It takes frames again.
  func originWritable()
}

extension SocketOrigin {
  /// As a message: what every kind of origin but WebSocket-over-HTTP gets.
  func resume(_ lastIDs: [(channel: String, id: String)]) {
    var writer = JSONWriter()
    writer.beginObject()
    writer.name("type")
    writer.string("resume")
    writer.name("channels")
    writer.beginArray()
    for last in lastIDs {
      writer.beginObject()
      writer.name("channel")
      writer.string(last.channel)
      writer.name("last-id")
      writer.string(last.id)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    var payload = ByteBuffer(string: GRIPWebSocketExtension.controlPrefix)
    payload.writeBytes(writer.bytes)
    send(SocketFrame(.text, payload))
  }
}
