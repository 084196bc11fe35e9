public import GRIP
public import Hummingbird

extension RouterMethods where Context: GRIPRequestContext {
  /// Serves WebSockets that a GRIP proxy turns into HTTP requests (routes of it with `over_http`).
  ///
  /// `GRIPMiddleware` must stand before it. A request that no trusted proxy has signed is answered 501, one that is not
  /// of WebSocket events 415, one without `Connection-Id` or with events that cannot be read 400, one above the limits
  /// 413. An error that the handler throws ends the connection at the client.
  ///
  /// Pings are answered without the handler, though it sees them, and so is the client's close, with its own code, where
  /// the handler does not close. A connection that is neither accepted nor rejected is rejected with 403.
  ///
  /// - Parameters:
  ///   - path: where the client connects to.
  ///   - messagePrefix: tells messages for the client from orders to the proxy. Not empty, unless nobody can make the
  ///     handler send a text that begins with `c:`; the same in all processes that serve the path.
  ///   - limits: of events and control messages.
  ///   - handler: gets the session to answer with, and what happened, in order.
  @discardableResult
  public func gripWebSocket(
    _ path: RouterPath, messagePrefix: String = "m:", limits: GRIPLimits = GRIPLimits(),
    handler:
      @escaping @Sendable (
        inout GRIPWebSocketSession, [GRIPWebSocketEvent], Context
      ) async throws -> Void
  ) -> Self {
    let standard = GRIPWebSocketExtension(messagePrefix: messagePrefix)
    return post(path) { request, context -> Response in
      var exchange = try await GRIPWebSocketExchange(
        request, isProxied: context.grip.isProxied, extension: standard, limits: limits)
      try await handler(&exchange.session, exchange.events, context)
      return try exchange.response()
    }
  }
}
