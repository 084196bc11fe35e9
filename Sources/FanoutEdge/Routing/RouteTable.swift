/// All routes, as an immutable snapshot that is swapped whole.
package struct RouteTable: Sendable {
  /// What two routes may not have in common.
  struct Place: Hashable {
    private var host: String?
    private var pathBeginning: String?
    private var isWebSocket: Bool?
    private var isSecure: Bool?
    private var id: String?

    init(_ route: Route) {
      host = route.host
      pathBeginning = route.pathBeginning
      isWebSocket = route.isWebSocket
      isSecure = route.isSecure
      if route.host == "" { id = route.id }
    }
  }

  /// In the order written.
  package let routes: [Route]
  private let byHost: [String: [Route]]
  private let anyHost: [Route]
  private let byID: [String: Route]

  /// A table. Of routes with one condition the first stays; an id that two routes have is nobody's.
  package init(_ routes: [Route]) {
    var seen: Set<Place> = []
    let kept = routes.filter { seen.insert(Place($0)).inserted }
    self.routes = kept
    // The best first; the sort keeps the order of lines where two are equal.
    let ordered = kept.enumerated().sorted { left, right in
      let (one, other) = (Self.rank(left.element), Self.rank(right.element))
      return one == other ? left.offset < right.offset : one > other
    }.map(\.element)
    byHost = Dictionary(grouping: ordered.filter { $0.host != nil && $0.host != "" }) { $0.host ?? "" }
    anyHost = ordered.filter { $0.host == nil }
    byID = Dictionary(grouping: kept.filter(\.hasOwnID), by: \.id).compactMapValues { $0.count == 1 ? $0.first : nil }
  }

  /// The route of a request, `nil` where none fits.
  ///
  /// **Spec**: GRIP §3.6: a route that names a protocol comes before a longer path, that before one that names `ssl`. A
  /// host that has routes of its own never falls back to `*`.
  ///
  /// - Parameters:
  ///   - host: lower case, without port.
  ///   - path: encoded, without the query.
  ///   - isSecure: whether it came by TLS, or a trusted field says so.
  ///   - isWebSocket: whether it asks for a WebSocket.
  package func match(
    host: String, path: Substring, isSecure: Bool = false, isWebSocket: Bool = false
  ) -> Route? {
    (byHost[host] ?? anyHost).first { $0.fits(path: path, isSecure: isSecure, isWebSocket: isWebSocket) }
  }

  /// The route that a request names by its id, `nil` where there is none or the path does not fit.
  ///
  /// **Spec**: GRIP §3.6 step 1: of the condition only the path counts.
  package func route(id: String, path: Substring) -> Route? {
    byID[id].flatMap { $0.fits(path: path) ? $0 : nil }
  }

  /// Larger is better, element by element.
  private static func rank(_ route: Route) -> (Int, Int, Int) {
    (route.isWebSocket == nil ? 0 : 1, route.pathBeginning?.utf8.count ?? 0, route.isSecure == nil ? 0 : 1)
  }
}
