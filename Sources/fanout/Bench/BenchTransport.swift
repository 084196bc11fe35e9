/// How the connections of a bench listen.
enum BenchTransport: String, Sendable, CaseIterable {
  case stream
  case sse
  case longPoll = "long-poll"
  case webSocket = "websocket"

  /// The name that a person knows it by.
  var plural: String {
    switch self {
    case .stream: "streams"
    case .sse: "event streams"
    case .longPoll: "long-polls"
    case .webSocket: "WebSockets"
    }
  }
}
