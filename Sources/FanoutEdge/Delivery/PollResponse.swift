import GRIP
import HTTPTypes
import NIOCore

/// What a held long-poll needs to be answered: its connection's manners, and the time-out response that came with the
/// instruction.
struct PollResponse: Equatable {
  /// The version `HTTP/1.x`: 0 or 1.
  var minorVersion: Int
  /// Whether the connection closes after the response.
  var closes: Bool
  /// Whether the request was `HEAD`.
  var isHead: Bool
  var status: Int
  var reason: String?
  var body: [UInt8]
  /// Where a script asked by JSON-P: what the answer is put in.
  var envelope: JSONPEnvelope?

  /// A whole response.
  ///
  /// A status below 200 cannot end an exchange (the client would go on waiting, or take 101 for a change of protocol), so
  /// 502 is sent instead. Deviates: Pushpin sends it as it is.
  func encode(status: Int, reason: String?, fields: [HTTPField], body: [UInt8]) -> ByteBuffer {
    guard status >= 200 else { return failure() }
    if let envelope { return wrapped(envelope, status: status, reason: reason, fields: fields, body: body) }
    let isBodyless = HeldResponseHead.isBodyless(status)
    let head = HeldResponseHead(
      minorVersion: minorVersion, status: status, reason: reason, closes: closes,
      framing: isBodyless ? .none : .length(body.count))
    var buffer = ByteBuffer()
    buffer.reserveCapacity(256 + fields.count * 48 + body.count)
    head.write(fields, to: &buffer)
    if !isBodyless, !isHead { buffer.writeBytes(body) }
    return buffer
  }

  /// The response in a script's envelope.
  private func wrapped(
    _ envelope: JSONPEnvelope, status: Int, reason: String?, fields: [HTTPField], body: [UInt8]
  ) -> ByteBuffer {
    var bare = self
    bare.envelope = nil
    let all = HTTPFields(fields.filter { !HeldResponseHead.isFramingField($0.name) })
    guard let bytes = envelope.wrap(status: status, reason: reason, fields: all, body: body) else {
      return bare.encode(
        status: JSONPEnvelope.failure.status, reason: nil, fields: [HTTPField(name: .contentType, value: "text/plain")],
        body: Array(JSONPEnvelope.failure.body(isDebug: false).utf8))
    }
    return bare.encode(
      status: 200, reason: nil, fields: Array(JSONPEnvelope.fields(of: all, isWhole: true)), body: bytes)
  }

  /// The time-out response, with its fields.
  func timedOut(fields: HTTPFields) -> ByteBuffer {
    encode(status: status, reason: reason, fields: Array(fields), body: body)
  }

  /// `502`, as for every answer that cannot be given to the client.
  func failure(_ text: String = "Error while proxying to origin.\n") -> ByteBuffer {
    encode(
      status: 502, reason: nil, fields: [HTTPField(name: .contentType, value: "text/plain")], body: Array(text.utf8))
  }

  /// The body that a `body-patch` makes of the time-out response's; `nil` where it cannot be applied.
  ///
  /// **Spec**: GRIP proxy §11.4. A trailing line end of the original stays.
  func patched(_ message: GRIPHTTPResponseMessage) -> [UInt8]? {
    guard case .patch(let json) = message.body else { return nil }
    return BodyPatch.apply(json, to: body)
  }
}
