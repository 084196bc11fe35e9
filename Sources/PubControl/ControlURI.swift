/// The addresses that follow from an endpoint's control URI.
struct ControlURI: Sendable {
  /// `{control URI}/publish/`, a query kept behind it.
  let publish: String
  /// The control URI without credentials and query, for logs and outcomes.
  let name: String

  /// Reads nothing into the text: what is no URI fails when it is used.
  init(_ controlURI: String) {
    let parts = controlURI.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var base = String(parts.first ?? "")
    while base.utf8.last == UInt8(ascii: "/") { base.removeLast() }
    let query = parts.count > 1 && !parts[1].isEmpty ? "?\(parts[1])" : ""
    publish = "\(base)/publish/\(query)"
    name = Self.withoutUserInfo(base)
  }

  private static func withoutUserInfo(_ uri: String) -> String {
    guard let scheme = uri.firstRange(of: "://") else { return uri }
    let rest = uri[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return uri }
    return String(uri[..<scheme.upperBound] + rest[rest.index(after: at)...])
  }
}
