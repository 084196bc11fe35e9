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
  /// For logs and counters: the explicit id, or what follows from the condition.
  package let id: String
  /// The explicit id (`id=`), which statistics name.
  package let explicitID: String?
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
  /// Origins in order of preference; at least one.
  package let targets: [OriginTarget]

  package init(
    host: String?, pathBeginning: String? = nil, id: String? = nil, channelPrefix: String = "", isDebug: Bool = false,
    isGRIP: Bool = true, signatureIssuer: String? = nil, signatureKey: GRIPKey? = nil, removedPathCount: Int = 0,
    pathReplacement: String = "", hostReplacement: String? = nil, forcedFields: [HTTPField] = [],
    targets: [OriginTarget]
  ) {
    self.host = host
    self.pathBeginning = pathBeginning
    explicitID = id
    self.id = id ?? (host ?? "*") + (pathBeginning.map { ",path_beg=" + $0 } ?? "")
    self.channelPrefix = channelPrefix
    self.isDebug = isDebug
    self.isGRIP = isGRIP
    self.signatureIssuer = signatureIssuer
    self.signatureKey = signatureKey
    self.removedPathCount = removedPathCount
    self.pathReplacement = pathReplacement
    self.hostReplacement = hostReplacement
    self.forcedFields = forcedFields
    self.targets = targets
  }

  /// The target as the origin sees it (GRIP §4.1 step 3). The query is untouched.
  package func originTarget(of target: String) -> String {
    guard removedPathCount > 0 || !pathReplacement.isEmpty, target != "*" else { return target }
    let path = target.prefix { $0 != "?" }
    let rest = pathReplacement + path.dropFirst(removedPathCount) + target[path.endIndex...]
    return rest.hasPrefix("/") ? rest : "/" + rest
  }
}

/// An origin's address and how it is treated.
package struct OriginTarget: Sendable, Hashable, CustomStringConvertible {
  /// A name or an address; an IPv6 literal without its brackets.
  package var host: String
  /// 1 to 65535.
  package var port: Int
  /// Whether the address must not be a private one.
  package var isUntrusted: Bool
  /// Whether WebSocket clients would be translated to WebSocket-over-HTTP.
  package var isOverHTTP: Bool
  /// Replaces the `Host` that this origin sees.
  package var hostReplacement: String?
  /// Channels that every request held for this origin listens to, full names.
  package var implicitChannels: [String] = []

  package init(
    host: String, port: Int, isUntrusted: Bool = false, isOverHTTP: Bool = false, hostReplacement: String? = nil
  ) {
    self.host = host
    self.port = port
    self.isUntrusted = isUntrusted
    self.isOverHTTP = isOverHTTP
    self.hostReplacement = hostReplacement
  }

  /// `host:port`.
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
