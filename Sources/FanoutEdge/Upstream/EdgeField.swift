import GRIP
import HTTPTypes

/// Names of fields that the edge writes or looks for.
enum EdgeField {
  static let forwardedFor = HTTPField.Name.known("X-Forwarded-For")

  /// What is announced to origins: only what is there.
  static let features =
    "status, link:next, link:gone, filter:skip-self, filter:skip-users, filter:require-sub, filter:build-id, filter:var-subst, filter:http-check, filter:http-modify"

  /// Adds `Grip-Last` fields.
  static func append(_ lastIDs: [(channel: String, id: String)], to fields: inout HTTPFields) {
    // Names and ids came from an instruction's fields, or were refused when they came in a document.
    let ids = Dictionary(lastIDs.map { ($0.channel, $0.id) }) { _, last in last }
    if let lastFields = try? GRIPLast.fields(ids) { fields.append(contentsOf: lastFields) }
  }

  /// `_` and `-` are one character for many frameworks, so they are one here.
  static func normalized(_ name: HTTPField.Name) -> String {
    name.canonicalName.utf8.contains(UInt8(ascii: "_"))
      ? String(name.canonicalName.map { $0 == "_" ? "-" : $0 }) : name.canonicalName
  }

  /// Whether only a proxy may say this (`Grip-…` in any spelling).
  static func isGRIP(_ name: HTTPField.Name) -> Bool { normalized(name).hasPrefix("grip-") }

  /// Whether only a WebSocket-over-HTTP proxy may say this.
  static func isWebSocketOverHTTP(_ name: HTTPField.Name) -> Bool {
    let text = normalized(name)
    return text.hasPrefix("meta-")
      || ["connection-id", "keep-alive-interval", "content-bytes-accepted"].contains(text)
  }

  /// What a client may not claim about the way it came.
  static func isForwarding(_ name: HTTPField.Name) -> Bool {
    switch normalized(name) {
    case "x-forwarded-proto", "x-forwarded-protocol", "x-forwarded-host", "x-forwarded-port", "forwarded", "x-real-ip":
      true
    default: false
    }
  }
}
