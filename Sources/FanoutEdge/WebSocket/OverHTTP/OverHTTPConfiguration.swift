/// Bounds of WebSockets over HTTP.
package struct OverHTTPConfiguration: Sendable, Hashable {
  /// LIMIT: bytes of a client's messages that wait for their origin, and so of one message; a longer one closes the
  /// WebSocket with 1009. Default 200,000, as in Pushpin.
  package var maxMessageBytes = 200_000
  /// LIMIT: bytes of an origin's response. Default 1,000,000, as in Pushpin.
  package var maxResponseBytes = 1_000_000
  /// LIMIT: bytes of a response that refuses a WebSocket. Default 100,000, as in Pushpin.
  package var maxRejectionBytes = 100_000
  /// LIMIT: bytes of a frame to the client; longer messages of an origin go in several. Default 16,384, as in Pushpin.
  package var maxFrameBytes = 16_384
  /// LIMIT: values that an origin has kept with a connection (`Set-Meta-…`). Default 64.
  package var maxMetaCount = 64
  /// How often a request that did not reach its origin is sent again, after 1, 2, 4, … s and up to one more. Default 5.
  package var retries = 5
  /// The shortest `Keep-Alive-Interval`, in seconds; what is below counts as this. Default 20, as in Pushpin.
  package var minKeepAliveSeconds = 20
  /// LIMIT: connections of an event loop whose origin is being told that the client has gone; beyond it origins are not
  /// told. Default 10,000.
  package var maxCleanups = 10_000

  /// The defaults.
  package init() {}

  /// All that is wrong.
  package func validate() -> [EdgeConfigurationProblem] {
    var problems: [EdgeConfigurationProblem] = []
    func require(_ isRight: Bool, _ key: String, _ text: String) {
      if !isRight { problems.append(EdgeConfigurationProblem(key: "overHTTP.\(key)", text: text)) }
    }
    require(maxMessageBytes >= 1024, "maxMessageBytes", "at least 1024 bytes")
    require(maxResponseBytes >= 1024, "maxResponseBytes", "at least 1024 bytes")
    require(maxRejectionBytes >= 0, "maxRejectionBytes", "0 or more bytes")
    require(maxFrameBytes >= 125, "maxFrameBytes", "at least 125 bytes")
    require(maxMetaCount >= 0, "maxMetaCount", "0 or more")
    require((0...16).contains(retries), "retries", "0 to 16 times")
    require((1...86_400).contains(minKeepAliveSeconds), "minKeepAliveSeconds", "1 to 86,400 seconds")
    require(maxCleanups >= 0, "maxCleanups", "0 or more")
    return problems
  }
}
