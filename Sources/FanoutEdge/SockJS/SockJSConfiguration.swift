package import NIOCore

/// Bounds and times of SockJS. Those that Pushpin has too are as there.
package struct SockJSConfiguration: Sendable, Hashable {
  /// Where the page for iframes finds the client's script (`sockjs_url`). Default empty: the page loads none.
  package var scriptURL = ""
  /// After how much silence a waiting client gets a heartbeat. Default 25 s.
  package var heartbeat = TimeAmount.seconds(25)
  /// How long a session lives on without a poll. Default 5 s.
  package var sessionTimeout = TimeAmount.seconds(5)
  /// How long a session's end is told to who polls again. Default 5 s.
  package var linger = TimeAmount.seconds(5)
  /// LIMIT: bytes of a request's body, and of a message on a framed WebSocket. Default 100,000.
  package var maxRequestBytes = 100_000
  /// LIMIT: bytes of one message of an origin, which is kept whole until its end has come; a longer one ends the session
  /// with 1009. Default 1 MiB.
  package var maxMessageBytes = 1_048_576
  /// LIMIT: bytes that may wait for a poll before the origin is read no further. Default 200,000.
  package var maxQueuedBytes = 200_000
  /// LIMIT: sessions of clients that poll, over all loops; beyond it 503. Default 10,000.
  package var maxSessions = 10_000

  /// The defaults.
  package init() {}

  /// All that is wrong.
  package func validate() -> [EdgeConfigurationProblem] {
    var problems: [EdgeConfigurationProblem] = []
    func require(_ isRight: Bool, _ key: String, _ text: String) {
      if !isRight { problems.append(EdgeConfigurationProblem(key: "sockjs.\(key)", text: text)) }
    }
    require(heartbeat > .zero, "heartbeat", "more than 0")
    require(sessionTimeout > .zero, "sessionTimeout", "more than 0")
    require(linger >= .zero, "linger", "0 or more")
    require(maxRequestBytes >= 125, "maxRequestBytes", "at least 125 bytes")
    require(maxMessageBytes >= 125, "maxMessageBytes", "at least 125 bytes")
    require(maxQueuedBytes >= 1024, "maxQueuedBytes", "at least 1024 bytes")
    require(maxSessions >= 1, "maxSessions", "at least 1")
    return problems
  }
}
