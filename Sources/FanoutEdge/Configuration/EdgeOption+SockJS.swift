import ServerKit

// SockJS, on routes that serve it.
extension EdgeOption {
  static let sockjs: [EdgeOption] = [
    .text(
      "sockjs.script", "URL", \.server.edge.sockjs.scriptURL, pushpin: "proxy/sockjs_url",
      help: "Where the page for SockJS's iframes finds the client's script; empty loads none."),
    .time(
      "sockjs.heartbeat", \.server.edge.sockjs.heartbeat, .milliseconds(1) ... .seconds(3600),
      help: "After so much silence a SockJS client that waits is sent a heartbeat."),
    .time(
      "sockjs.session-timeout", \.server.edge.sockjs.sessionTimeout, .milliseconds(1) ... .seconds(3600),
      help: "How long a SockJS session lives on when its client does not poll."),
    .time(
      "sockjs.linger", \.server.edge.sockjs.linger, .zero ... .seconds(3600),
      help: "How long a closed SockJS session tells of its end."),
    .bytes(
      "sockjs.max-request", \.server.edge.sockjs.maxRequestBytes, 125...1_073_741_824,
      help: "The largest body of a SockJS request, and the largest message of a framed WebSocket's client."),
    .bytes(
      "sockjs.max-message", \.server.edge.sockjs.maxMessageBytes, 125...1_073_741_824,
      help: "The largest message of an origin to a SockJS client; a longer one closes the session with 1009."),
    .bytes(
      "sockjs.max-queue", \.server.edge.sockjs.maxQueuedBytes, 1024...1_073_741_824,
      help: "What may wait for a poll before its origin is read no further."),
    .count(
      "sockjs.max-sessions", \.server.edge.sockjs.maxSessions, 1...10_000_000,
      help: "SockJS sessions of clients that poll; beyond it 503."),
  ]
}
