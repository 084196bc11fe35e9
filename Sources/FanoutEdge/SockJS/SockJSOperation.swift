/// What a request under a SockJS path asks for (GRIP §18).
///
/// **Shape**: `/info`, `/iframe….html`, `/websocket`, `/SERVER/SESSION/TRANSPORT`. What `SERVER` is does not matter: it is
/// there for balancers.
enum SockJSOperation: Hashable {
  /// What the server can do.
  case info
  /// The page for iframes.
  case iframe
  /// A browser asks whether it may ask.
  case preflight
  /// A WebSocket as it is.
  case rawSocket
  /// A WebSocket with SockJS's frames.
  case framedSocket
  /// Waits for a session's next frame; makes the session where there is none.
  case poll(session: String)
  /// The same for a script; `callback` is `nil` where none is named, or none that may be called.
  case scriptPoll(session: String, callback: String?)
  /// Messages for a session, in the body.
  case send(session: String)
  /// Messages for a session, in a form field or in the query (`query`).
  case scriptSend(session: String, query: String?)
  /// Nothing that there is.
  case unknown

  /// LIMIT: bytes of a session's name.
  private static let maxNameBytes = 256

  /// What is asked for.
  ///
  /// - Parameters:
  ///   - rest: the target behind the base path, with its query.
  ///   - isUpgrade: whether a WebSocket is asked for.
  init(method: String, rest: Substring, isUpgrade: Bool) {
    let path = rest.prefix { $0 != "?" }
    let query = rest[path.endIndex...].dropFirst()
    let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard path.first == "/" else {
      self = method == "OPTIONS" ? .preflight : .unknown
      return
    }
    switch (method, parts.count) {
    case ("OPTIONS", _): self = .preflight
    case ("GET", 1) where isUpgrade: self = parts[0] == "websocket" ? .rawSocket : .unknown
    case ("GET", 1) where parts[0] == "info": self = .info
    case ("GET", 1) where parts[0].hasPrefix("iframe") && parts[0].hasSuffix(".html"): self = .iframe
    case (_, 3) where Self.isName(parts[0]) && Self.isName(parts[1]) && !parts[2].isEmpty:
      self = Self.transport(method, String(parts[1]), parts[2], query, isUpgrade: isUpgrade)
    default: self = .unknown
    }
  }

  private static func isName(_ text: Substring) -> Bool { (1...maxNameBytes).contains(text.utf8.count) }

  private static func transport(
    _ method: String, _ session: String, _ name: Substring, _ query: Substring, isUpgrade: Bool
  ) -> SockJSOperation {
    switch (method, name) {
    case ("GET", _) where isUpgrade: .framedSocket
    case ("POST", "xhr"): .poll(session: session)
    case ("POST", "xhr_send"): .send(session: session)
    case ("GET", "jsonp"), ("POST", "jsonp"):
      .scriptPoll(
        session: session,
        callback: (parameter("callback", of: query) ?? parameter("c", of: query)).flatMap {
          JSONPEnvelope.isCallback($0) ? $0 : nil
        })
    case ("POST", "jsonp_send"): .scriptSend(session: session, query: nil)
    case ("GET", "jsonp_send"): .scriptSend(session: session, query: String(query))
    default: .unknown
    }
  }

  /// A parameter of a form, or of a query written like one (`+` is a blank); `nil` where there is none that can be read.
  static func parameter(_ name: String, of form: some StringProtocol) -> String? {
    for pair in form.split(separator: "&") {
      let key = pair.prefix { $0 != "=" }
      guard PercentEncoding.decode(key) == name else { continue }
      return PercentEncoding.decode(String(pair[key.endIndex...].dropFirst().map { $0 == "+" ? " " : $0 }))
    }
    return nil
  }
}
