import Foundation
import HTTPTypes

/// Which browsers' origins may use the API, and the five fields that say so.
///
/// **Spec**: the Fetch standard; the fields and values are the article's of 2013. `Allow-Credentials` is harmless here:
/// nothing in this API is authenticated by cookie, so a foreign page gets nothing that it could not ask for itself. With a list
/// of allowed origins, others get no CORS fields at all.
struct CORSPolicy: Sendable {
  /// Empty allows every origin.
  var allowedOrigins: Set<String>

  /// A policy.
  init(allowedOrigins: [String]) {
    self.allowedOrigins = Set(allowedOrigins.map { $0.lowercased() })
  }

  /// Whether a text is an origin: scheme, host and optional port, nothing else.
  static func isOrigin(_ text: String) -> Bool {
    guard let scheme = text.range(of: "://") else { return false }
    let rest = text[scheme.upperBound...]
    return !rest.isEmpty && text[..<scheme.lowerBound].allSatisfy { $0.isASCII && $0.isLetter }
      && rest.utf8.allSatisfy { byte in
        byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "@")
          && byte != UInt8(ascii: ",")
      }
  }

  /// The fields for a request with this `Origin`, in the article's order; empty for an origin that is not allowed.
  func fields(origin: String?) -> HTTPFields {
    var allowed = origin ?? "*"
    if allowed == "null" || (origin != nil && !Self.isOrigin(allowed)) { allowed = "*" }
    if !allowedOrigins.isEmpty {
      guard let origin else { return HTTPFields() }
      guard allowedOrigins.contains(origin.lowercased()) else { return [.vary: "Origin"] }
      allowed = origin
    }
    var fields = HTTPFields()
    fields[.accessControlAllowOrigin] = allowed
    fields[.accessControlAllowCredentials] = "true"
    fields[.accessControlAllowMethods] = "GET, POST, PUT, DELETE"
    fields[.accessControlAllowHeaders] = "Authorization, Content-Type, X-Requested-With, X-Session-Id"
    fields[.accessControlExposeHeaders] = "Location, X-Session-Id"
    if !allowedOrigins.isEmpty { fields[.vary] = "Origin" }
    return fields
  }
}
