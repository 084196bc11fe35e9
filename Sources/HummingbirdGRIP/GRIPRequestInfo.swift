public import Hummingbird

/// What a GRIP proxy in front of this server said about a request.
public struct GRIPRequestInfo: Sendable {
  /// Whether a proxy whose key we know signed the request.
  public var isProxied: Bool
  /// The index of the endpoint whose key verified.
  public var endpoint: Int?
  /// `Grip-Last`: channel name to the last id that the proxy has delivered.
  public var lastIDs: [String: String]
  /// `Grip-Feature`.
  public var features: Set<String>

  /// A request that came directly.
  public static let direct = GRIPRequestInfo(isProxied: false, endpoint: nil, lastIDs: [:], features: [])
}

/// A request context that knows about the proxy.
public protocol GRIPRequestContext: RequestContext {
  /// Set by `GRIPMiddleware`.
  var grip: GRIPRequestInfo { get set }
}
