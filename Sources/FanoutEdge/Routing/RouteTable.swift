/// All routes, as an immutable snapshot that is swapped whole.
package struct RouteTable: Sendable {
  /// In the order written.
  package let routes: [Route]
  private let byHost: [String: [Route]]
  private let anyHost: [Route]

  /// A table. Of routes with one host and path the first stays.
  package init(_ routes: [Route]) {
    var kept: [Route] = []
    var seen: Set<[String]> = []
    for route in routes
    where seen.insert([route.host ?? "*", route.pathBeginning ?? "", route.host == "" ? route.id : ""]).inserted {
      kept.append(route)
    }
    self.routes = kept
    // Longer beginnings first; the sort keeps the order of lines where they are equal.
    let ordered = kept.enumerated().sorted {
      let (left, right) = ($0.element.pathBeginning?.utf8.count ?? 0, $1.element.pathBeginning?.utf8.count ?? 0)
      return left == right ? $0.offset < $1.offset : left > right
    }.map(\.element)
    byHost = Dictionary(grouping: ordered.filter { $0.host != nil && $0.host != "" }) { $0.host ?? "" }
    anyHost = ordered.filter { $0.host == nil }
  }

  /// The route of a request, `nil` where none fits.
  ///
  /// **Spec**: GRIP §3.6. A host that has routes of its own never falls back to `*`.
  ///
  /// - Parameter host: lower case, without port.
  package func match(host: String, path: Substring) -> Route? {
    (byHost[host] ?? anyHost).first { route in
      guard let beginning = route.pathBeginning else { return true }
      return path.utf8.starts(with: beginning.utf8)
    }
  }
}
