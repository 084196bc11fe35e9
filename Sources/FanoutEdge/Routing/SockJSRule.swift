/// Where a route serves SockJS (GRIP §18).
package struct SockJSRule: Sendable, Hashable {
  /// The path under which it does, without a `/` at its end; requests whose path begins so are SockJS's.
  package var base: String
  /// The path that the origin is asked for; `nil`: what the client's transport says.
  package var originPath: String?

  /// A rule.
  ///
  /// - Parameter base: begins with `/`.
  package init(base: String, originPath: String? = nil) {
    self.base = String(base.reversed().drop { $0 == "/" }.reversed())
    self.originPath = originPath
  }

  /// What the origin is asked for instead of a client's target. The query stays.
  ///
  /// Pushpin asks for `BASE/websocket` where the client has a WebSocket, framed or not, otherwise for `BASE`.
  func originTarget(of target: String, isWebSocket: Bool) -> String {
    let query = target[target.prefix { $0 != "?" }.endIndex...]
    let path = originPath ?? base + (isWebSocket ? "/websocket" : "")
    return (path.isEmpty ? "/" : path) + query
  }
}
