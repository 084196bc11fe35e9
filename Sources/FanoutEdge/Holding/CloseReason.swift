/// Why the edge ended a held connection. The number's range says whether coming back makes sense.
///
/// **Shape**: 1xx the client did it; 2xx come back at once; 3xx come back later, with jitter; 4xx do not come back.
package enum CloseReason: Int, Sendable, CaseIterable {
  /// The client closed.
  case clientGone = 100
  /// The client says nothing any more, not even in answer to a ping.
  case unresponsive = 101
  /// The publisher ended the stream.
  case closedByPublisher = 200
  /// What was missed could not be fetched from the origin.
  case recoveryFailed = 201
  /// The origin's side of a WebSocket broke.
  case originLost = 202
  /// The client did not read, and its queue was full.
  case slow = 300
  /// The edge stops.
  case shutdown = 301
  /// An operator closed it (admin API).
  case closedByOperator = 302
  /// The request broke the protocol.
  case protocolError = 400
  /// A time limit of a request passed (headers, body, idle).
  case timeout = 401
}
