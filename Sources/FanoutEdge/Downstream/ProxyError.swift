/// A response of the proxy's own (GRIP §4.6): the text for everybody and the one for debug routes.
struct ProxyError: Sendable, Hashable {
  var status: Int
  /// Without the line break that ends it on the wire.
  var text: String
  /// What a debug route says instead.
  var debugText: String?

  static let noRoute = ProxyError(status: 502, text: "Route not found")
  static let requestTooLarge = ProxyError(status: 400, text: "Request too large to accept GRIP instruct.")
  static let webSocketEvents = ProxyError(
    status: 403, text: "Client not allowed to send WebSocket events directly.")
  static let unavailable = ProxyError(status: 500, text: "Accept service unavailable.")

  /// Anything that went wrong with an origin.
  static func origin(_ debugText: String) -> ProxyError {
    ProxyError(status: 502, text: "Error while proxying to origin.", debugText: debugText)
  }

  /// All connections to the origins are busy.
  static let busy = ProxyError(status: 503, text: "All connections to the origin are busy.")
  /// The origin took too long.
  static func timeout(_ debugText: String) -> ProxyError {
    ProxyError(status: 504, text: "The origin did not answer in time.", debugText: debugText)
  }

  /// The body on the wire.
  func body(isDebug: Bool) -> String { (isDebug ? debugText ?? text : text) + "\n" }
}
