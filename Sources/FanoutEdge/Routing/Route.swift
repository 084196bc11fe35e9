package import GRIP
package import HTTPTypes

/// One line of routes: which requests it is for, what is done to them, and where they go.
///
/// An immutable value behind a reference, because thousands of held connections keep theirs over a reload.
package final class Route: Sendable {
  /// `nil` matches any host; empty matches none (the route is reached by its id only). Lower case.
  package let host: String?
  /// The encoded path must begin with these characters.
  package let pathBeginning: String?
  /// `true`: only WebSockets; `false`: only plain HTTP; `nil`: both.
  package let isWebSocket: Bool?
  /// `true`: only what came by TLS; `false`: only what did not; `nil`: both.
  package let isSecure: Bool?
  /// For logs and counters: the explicit id, or what follows from the condition.
  package let id: String
  /// Whether the id was written, so that a request can name it (`Pushpin-Route`).
  package let hasOwnID: Bool
  /// The written id (`id=`), which statistics name.
  package var explicitID: String? { hasOwnID ? id : nil }
  /// Before every channel name that the origin mentions. Empty by default.
  package let channelPrefix: String
  /// Whether clients are told details of errors.
  package let isDebug: Bool
  /// Whether instructions are executed and requests signed (`no_grip` is off).
  package let isGRIP: Bool
  /// The issuer of `Grip-Sig`; `nil` takes the edge's.
  package let signatureIssuer: String?
  /// The key of `Grip-Sig`; `nil` takes the edge's.
  package let signatureKey: GRIPKey?
  /// Characters dropped from the beginning of the path.
  package let removedPathCount: Int
  /// What is put before the path after that.
  package let pathReplacement: String
  /// The `host[:port]` that the origin sees; `nil` keeps the client's.
  package let hostReplacement: String?
  /// Fields forced on every request; an empty value removes the field.
  package let forcedFields: [HTTPField]
  /// Settings that few routes have.
  package let extras: Extras
  /// Origins in order of preference; at least one.
  package let targets: [OriginTarget]

  /// What few routes set.
  package struct Extras: Sendable, Hashable {
    /// Whether the client's own fields also go to the origin under a marker (`orig_headers`).
    package var marksOriginalFields = false
    /// Whether scripts of all places may read the responses (`aco`); `nil` takes the edge's setting.
    package var isCrossOrigin: Bool?
    /// How JSON-P requests are read, where `isCrossOrigin` holds.
    package var jsonp = JSONPRule()
    /// Where SockJS is served (`sockjs`, `sockjs_as_path`); `nil`: nowhere.
    package var sockjs: SockJSRule?
    /// Caps what the access log says of this route's requests: below 2 nothing. `nil` takes the edge's.
    package var logLevel: Int?

    /// The defaults.
    package init() {}
  }

  package init(
    host: String?, pathBeginning: String? = nil, isWebSocket: Bool? = nil, isSecure: Bool? = nil, id: String? = nil,
    channelPrefix: String = "", isDebug: Bool = false,
    isGRIP: Bool = true, signatureIssuer: String? = nil, signatureKey: GRIPKey? = nil, removedPathCount: Int = 0,
    pathReplacement: String = "", hostReplacement: String? = nil, forcedFields: [HTTPField] = [],
    extras: Extras = Extras(), targets: [OriginTarget]
  ) {
    self.host = host
    self.pathBeginning = pathBeginning
    self.isWebSocket = isWebSocket
    self.isSecure = isSecure
    self.id =
      id
      ?? ([host ?? "*"] + (isWebSocket.map { ["proto=" + ($0 ? "ws" : "http")] } ?? [])
      + (isSecure.map { ["ssl=" + ($0 ? "yes" : "no")] } ?? []) + (pathBeginning.map { ["path_beg=" + $0] } ?? []))
      .joined(separator: ",")
    hasOwnID = id != nil
    self.channelPrefix = channelPrefix
    self.isDebug = isDebug
    self.isGRIP = isGRIP
    self.signatureIssuer = signatureIssuer
    self.signatureKey = signatureKey
    self.removedPathCount = removedPathCount
    self.pathReplacement = pathReplacement
    self.hostReplacement = hostReplacement
    self.forcedFields = forcedFields
    self.extras = extras
    self.targets = targets
  }

  /// The target as the origin sees it (GRIP §4.1 step 3). The query is untouched.
  package func originTarget(of target: String) -> String {
    guard removedPathCount > 0 || !pathReplacement.isEmpty, target != "*" else { return target }
    let path = target.prefix { $0 != "?" }
    let rest = pathReplacement + path.dropFirst(removedPathCount) + target[path.endIndex...]
    return rest.hasPrefix("/") ? rest : "/" + rest
  }

  /// Whether a request fits, its host apart.
  func fits(path: Substring, isSecure: Bool, isWebSocket: Bool) -> Bool {
    if let wanted = self.isWebSocket, wanted != isWebSocket { return false }
    if let wanted = self.isSecure, wanted != isSecure { return false }
    return fits(path: path)
  }

  /// Whether a path fits.
  func fits(path: Substring) -> Bool {
    guard let pathBeginning else { return true }
    return path.utf8.starts(with: pathBeginning.utf8)
  }
}
