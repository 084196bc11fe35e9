public import HTTPTypes

/// What a publisher sends to everyone who listens to a channel.
///
/// **Spec**: GRIP publishing, the item schema. At most one of each format, by construction.
public struct GRIPItem: Sendable, Hashable {
  /// The full channel name (route prefix included).
  public var channel: String
  /// The item's position in its channel.
  public var id: String?
  /// The id of the item before.
  public var previousID: String?
  /// For held long-polls.
  public var httpResponse: GRIPHTTPResponseFormat?
  /// For held streams.
  public var httpStream: GRIPHTTPStreamFormat?
  /// For WebSockets.
  public var webSocket: GRIPWebSocketFormat?
  /// Values that filters see.
  public var meta: [String: String]
  /// The size that counts for block accounting; `nil` takes the content's.
  public var size: Int?
  /// Whether the item bypasses the sequencer (`no-seq`).
  public var isUnsequenced: Bool

  /// An item.
  public init(
    channel: String, id: String? = nil, previousID: String? = nil, httpResponse: GRIPHTTPResponseFormat? = nil,
    httpStream: GRIPHTTPStreamFormat? = nil, webSocket: GRIPWebSocketFormat? = nil, meta: [String: String] = [:],
    size: Int? = nil, isUnsequenced: Bool = false
  ) {
    self.channel = channel
    self.id = id
    self.previousID = previousID
    self.httpResponse = httpResponse
    self.httpStream = httpStream
    self.webSocket = webSocket
    self.meta = meta
    self.size = size
    self.isUnsequenced = isUnsequenced
  }
}

/// Content of an item: on the wire a JSON string, or base64 under the `-bin` name.
public enum GRIPContent: Sendable, Hashable {
  /// UTF-8 text, written as a JSON string.
  case text(String)
  /// Any bytes, written as base64.
  case binary([UInt8])

  /// The bytes that reach the client.
  public var bytes: [UInt8] {
    switch self {
    case .text(let text): Array(text.utf8)
    case .binary(let bytes): bytes
    }
  }
}

/// Format `http-response`: what completes a held long-poll.
public enum GRIPHTTPResponseFormat: Sendable, Hashable {
  /// Action `send`.
  case send(GRIPHTTPResponseMessage)
  /// Action `hint`: the proxy asks the origin again.
  case hint
  /// Action `close`: without effect on a long-poll.
  case close
  /// Action `refresh`: without effect on a long-poll.
  case refresh
}

/// The response that completes a held long-poll.
public struct GRIPHTTPResponseMessage: Sendable, Hashable {
  /// Where the body comes from.
  public enum Body: Sendable, Hashable {
    /// The whole body.
    case full(GRIPContent)
    /// RFC 6902 operations on the time-out response's JSON body, as the JSON text of the array.
    case patch(json: String)
  }

  /// 0 to 999.
  public var status: Int
  /// `nil` takes the standard phrase.
  public var reason: String?
  /// These replace those of the same name in the time-out response; `Grip-…` ones are dropped but for
  /// `Grip-Expose-Headers`.
  public var headers: HTTPFields
  /// The body.
  public var body: Body
  /// Content filters that the subscriber must have, exactly; `nil` where the item does not say.
  public var contentFilters: [String]?

  /// A response.
  public init(
    status: Int = 200, reason: String? = nil, headers: HTTPFields = HTTPFields(), body: Body,
    contentFilters: [String]? = nil
  ) {
    self.status = status
    self.reason = reason
    self.headers = headers
    self.body = body
    self.contentFilters = contentFilters
  }
}

/// Format `http-stream`.
public enum GRIPHTTPStreamFormat: Sendable, Hashable {
  /// Action `send`: appended to the stream.
  case send(GRIPContent, contentFilters: [String]? = nil)
  /// Action `hint`: the next link is fetched.
  case hint
  /// Action `close`: the response ends.
  case close
}

/// Format `ws-message`.
public enum GRIPWebSocketFormat: Sendable, Hashable {
  /// A text or binary message.
  case send(GRIPContent, isBinary: Bool, contentFilters: [String]? = nil)
  /// A ping with its payload.
  case ping([UInt8])
  /// A pong with its payload.
  case pong([UInt8])
  /// A close frame.
  case close(code: Int?, reason: String)
  /// Without effect.
  case hint
  /// WebSocket-over-HTTP: the origin is asked at once.
  case refresh
}
