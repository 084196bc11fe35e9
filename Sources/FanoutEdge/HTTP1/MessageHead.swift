package import HTTPTypes

/// How the end of a body is found (RFC 9112 §6.3).
package enum BodyFraming: Sendable, Hashable {
  /// There is no body.
  case none
  /// So many bytes, which may be 0.
  case length(Int)
  /// Chunks.
  case chunked
  /// Until the connection closes; only a response can be framed so.
  case untilClose
}

/// The head of a request, parsed and checked: what is forwarded is written from this value, never copied from the wire.
///
/// `Host`, `Content-Length` and `Transfer-Encoding` are not among the fields: they became `authority` and the framing.
package struct RequestHead: Sendable, Hashable {
  /// A token, case kept.
  package var method: String
  /// Origin form (`/path?query`) or `*`. Visible ASCII without `#`.
  package var target: String
  /// `host[:port]`, from an absolute target or from `Host`; `localhost` where an HTTP/1.0 request names none.
  package var authority: String
  /// `x` of `HTTP/1.x`: 0 or 1.
  package var minorVersion: Int
  /// All other fields, in order.
  package var fields: HTTPFields

  package init(
    method: String, target: String, authority: String, minorVersion: Int = 1, fields: HTTPFields = HTTPFields()
  ) {
    self.method = method
    self.target = target
    self.authority = authority
    self.minorVersion = minorVersion
    self.fields = fields
  }

  /// The target without its query.
  package var path: Substring { target.prefix { $0 != "?" } }

  /// The authority's host, lower case, without port; an IPv6 literal keeps its brackets.
  package var host: String {
    let text = authority.lowercased()
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") { return String(text[...end]) }
    return String(text.prefix { $0 != ":" })
  }

  /// Whether the client wants the connection to stay open (RFC 9112 §9.3).
  package var wantsKeepAlive: Bool {
    let options = fields.tokens(of: .connection)
    if options.contains("close") { return false }
    return minorVersion >= 1 || options.contains("keep-alive")
  }

  /// Whether repeating it does no harm (RFC 9110 §9.2.2).
  package var isIdempotent: Bool {
    switch method {
    case "GET", "HEAD", "OPTIONS", "PUT", "DELETE": true
    default: false
    }
  }
}

/// The head of a response from an origin, parsed and checked. Framing fields are kept apart.
package struct ResponseHead: Sendable, Hashable {
  /// 100 to 999.
  package var status: Int
  /// The phrase as it came; may be empty.
  package var reason: String
  package var minorVersion: Int
  /// All fields but `Transfer-Encoding`; `Content-Length` is kept, for `HEAD` and 304.
  package var fields: HTTPFields

  package init(status: Int, reason: String, minorVersion: Int = 1, fields: HTTPFields = HTTPFields()) {
    self.status = status
    self.reason = reason
    self.minorVersion = minorVersion
    self.fields = fields
  }

  /// Whether the origin keeps the connection open (RFC 9112 §9.3).
  package var keepsAlive: Bool {
    let options = fields.tokens(of: .connection)
    if options.contains("close") { return false }
    return minorVersion >= 1 || options.contains("keep-alive")
  }
}
