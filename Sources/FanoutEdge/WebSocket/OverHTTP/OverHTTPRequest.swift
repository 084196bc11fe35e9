import GRIP
import HTTPTypes
import NIOCore

/// What all requests of one WebSocket over HTTP have in common: the client's request, and the name of the connection.
///
/// **Spec**: GRIP proxy §15.1.
struct OverHTTPRequest {
  let head: RequestHead
  let route: Route
  let trust: RequestRewrite.Trust
  let peer: String?
  /// Whether the origin may answer with the `grip` extension.
  let offersGRIP: Bool
  /// A lower-case UUID, the same in all requests.
  let connectionID: String
  /// Whether the client came by TLS.
  var isSecure = false
  /// Of the route, where bytes and messages are counted.
  var figures: LoopStatistics.RouteFigures?

  /// The head of one of them, with a fresh signature.
  ///
  /// Deviates: Q-07, a trusted client's own signature is not passed on but replaced, too: it would be too old after a while.
  func encode(
    _ request: OverHTTPMachine.Request, target: OriginTarget, rewrite: RequestRewrite, signature: String?
  ) -> ByteBuffer {
    let rewritten = rewrite.rewrite(
      head, route: route, target: target, trust: trust, signature: signature, lastIDs: [], peer: peer,
      isSecure: isSecure, isWebSocket: true)
    var fields = rewritten.fields
    fields.removeFields { Self.isReplaced($0.name) || (trust == .trusted && $0.name == .gripSig && signature != nil) }
    if trust == .trusted, let signature { fields.append(HTTPField(name: .gripSig, value: signature)) }
    for (channel, id) in request.lastIDs.sorted(by: { $0.key < $1.key }) {
      // The table has looked that they can be written.
      if let last = try? GRIPLast.fields([channel: id]) { fields.append(contentsOf: last) }
    }
    if offersGRIP { fields.append(HTTPField(name: .secWebSocketExtensions, value: "grip")) }
    fields.append(HTTPField(name: .accept, value: GRIPWebSocketEvent.mediaType))
    fields.append(HTTPField(name: .connectionID, value: connectionID))
    fields.append(HTTPField(name: .contentType, value: GRIPWebSocketEvent.mediaType))
    if request.replayedBytes > 0 {
      fields.append(HTTPField(name: .contentBytesReplayed, value: String(request.replayedBytes)))
    }
    for meta in request.meta {
      guard let name = HTTPField.Name("Meta-\(meta.name)") else { continue }
      fields.append(HTTPField(name: name, value: meta.value))
    }
    figures?.requestSent(method: "POST", target: rewritten.target, host: rewritten.host, fields: fields)
    return MessageEncoder.requestHead(
      method: "POST", target: rewritten.target, host: rewritten.host, fields: fields,
      framing: .length(request.body.count))
  }

  /// What a client may have sent under the names that say something here.
  private static func isReplaced(_ name: HTTPField.Name) -> Bool {
    switch EdgeField.normalized(name) {
    case "accept", "connection-id", "content-length", "content-type", "content-bytes-replayed",
      "sec-websocket-extensions":
      true
    case let text: text.hasPrefix("meta-")
    }
  }

  /// A new name for a connection, by the system's chance.
  static func makeConnectionID() -> String {
    var generator = SystemRandomNumberGenerator()
    return makeConnectionID(using: &generator)
  }

  /// A new name for a connection: a UUID of version 4.
  static func makeConnectionID(using generator: inout some RandomNumberGenerator) -> String {
    var text = ""
    text.reserveCapacity(36)
    // Two numbers, since each one is a call of the system's.
    let halves = [generator.next(), generator.next()]
    for position in 0..<16 {
      var byte = UInt8(truncatingIfNeeded: halves[position / 8] >> (8 * UInt64(position % 8)))
      if position == 6 { byte = byte & 0x0F | 0x40 }
      if position == 8 { byte = byte & 0x3F | 0x80 }
      if [4, 6, 8, 10].contains(position) { text += "-" }
      let digits = String(byte, radix: 16)
      text += digits.count == 1 ? "0" + digits : digits
    }
    return text
  }
}
