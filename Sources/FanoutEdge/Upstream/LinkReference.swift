/// Where a link of an instruction leads, resolved against the client's request (RFC 3986 §5.2, http only).
package struct LinkReference: Sendable, Hashable {
  /// `http` or `https`.
  package var scheme: String
  /// `host[:port]`, as written.
  package var authority: String
  /// Origin form.
  package var target: String

  /// Resolves a link.
  ///
  /// - Parameters:
  ///   - base: the request as the client sent it.
  ///   - scheme: of the listener.
  /// - Returns: `nil` where the link is no http URI or has bytes that a target may not have.
  package init?(_ link: String, base: RequestHead, scheme baseScheme: String) {
    let text = link.prefix { $0 != "#" }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), text.utf8.count <= 8192 else { return nil }
    let lowered = text.prefix(8).lowercased()
    var rest = text
    scheme = baseScheme
    authority = base.authority
    var hasAuthority = false
    if lowered.hasPrefix("http://") || lowered.hasPrefix("https://") {
      scheme = lowered.hasPrefix("https://") ? "https" : "http"
      rest = text.dropFirst(scheme.count + 3)
      hasAuthority = true
    } else if text.hasPrefix("//") {
      rest = text.dropFirst(2)
      hasAuthority = true
    } else if let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/"), !text[..<colon].contains("?") {
      return nil  // Another scheme.
    }
    if hasAuthority {
      let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
      authority = String(rest[..<end])
      do throws(HeadFault) { try RequestHeadReader.checkAuthority(authority) } catch { return nil }
      rest = rest[end...]
      if !rest.hasPrefix("/") { rest = "/" + rest }
    }
    let path = rest.prefix { $0 != "?" }
    let query = rest[path.endIndex...]
    let basePath = base.path
    if path.isEmpty {
      target = String(basePath) + (query.isEmpty ? base.target[basePath.endIndex...] : query)
    } else if path.hasPrefix("/") {
      target = Self.removingDots(path) + query
    } else {
      let directory = basePath[...(basePath.lastIndex(of: "/") ?? basePath.startIndex)]
      target = Self.removingDots(directory + path) + query
    }
  }

  /// Whether it leads to the place that the client's request went to.
  package func isSamePlace(as base: RequestHead, scheme baseScheme: String) -> Bool {
    scheme == baseScheme && Self.normalized(authority, scheme) == Self.normalized(base.authority, baseScheme)
  }

  private static func normalized(_ authority: String, _ scheme: String) -> String {
    let text = authority.lowercased()
    let port = scheme == "https" ? ":443" : ":80"
    return text.hasSuffix(port) ? String(text.dropLast(port.count)) : text
  }

  /// RFC 3986 §5.2.4.
  private static func removingDots(_ path: Substring) -> String {
    var output: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for (offset, segment) in segments.enumerated() {
      let isLast = offset == segments.count - 1
      switch segment {
      case ".": if isLast { output.append("") }
      case "..":
        if !output.isEmpty { output.removeLast() }
        if isLast { output.append("") }
      default: output.append(segment)
      }
    }
    return "/" + output.joined(separator: "/")
  }
}
