public import GRIP
public import Hummingbird

/// Verifies `Grip-Sig` once and puts the result into the context.
///
/// Nothing of an unsigned request's `Grip-…` headers is believed: its `grip` is `.direct`.
public struct GRIPMiddleware<Context: GRIPRequestContext>: RouterMiddleware {
  private let verifier: GRIPRequestVerifier
  private let requiresProxy: Bool

  /// A middleware that trusts these endpoints' keys.
  ///
  /// - Parameter now: seconds since 1970.
  public init(endpoints: [GRIPEndpoint], now: @escaping @Sendable () -> Int64) {
    self.init(endpoints: endpoints, requiresProxy: false, now: now)
  }

  /// A middleware that trusts these endpoints' keys.
  ///
  /// - Parameters:
  ///   - requiresProxy: answers 501 to requests that no trusted proxy has signed.
  ///   - leeway: seconds by which the proxy's clock may be behind ours, 0 to 86,400. Default 0.
  ///   - now: seconds since 1970.
  public init(
    endpoints: [GRIPEndpoint], requiresProxy: Bool, leeway: Int64 = 0, now: @escaping @Sendable () -> Int64
  ) {
    verifier = GRIPRequestVerifier(endpoints: endpoints, leeway: leeway, now: now)
    self.requiresProxy = requiresProxy
  }

  /// Sets `context.grip` and goes on, or answers 501 where a proxy is required.
  public func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    var context = context
    context.grip = verifier.info(request.headers)
    guard context.grip.isProxied || !requiresProxy else {
      throw HTTPError(.notImplemented, message: "This resource is reached through a GRIP proxy only.")
    }
    return try await next(request, context)
  }
}
