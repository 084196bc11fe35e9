/// The bounds of what the codecs accept. Each has a default that fits a Pushpin deployment, and each may be changed.
public struct GRIPLimits: Sendable, Hashable {
  /// Bytes of an `application/grip-instruct` document. Default 100,000, as in Pushpin.
  public var instructBytes: Int = 100_000
  /// Channels of one hold, header and body form together. Default 100.
  public var channelsPerHold: Int = 100
  /// UTF-8 bytes of a channel name. Default 1,024.
  public var channelNameBytes: Int = 1024
  /// UTF-8 bytes of an item's `id` and `prev-id`. Default 1,024.
  public var idBytes: Int = 1024
  /// Filters of one channel. Default 5, as in Pushpin.
  public var filtersPerChannel: Int = 5
  /// Levels of nesting of a JSON document. Default 64; more than 256 counts as 256, because reading is recursive.
  public var jsonDepth: Int = 64
  /// Bytes of the body of a publish request. Default 1,000,000, as in Pushpin.
  public var publishBytes: Int = 1_000_000
  /// Items of one publish request. Default 10,000.
  public var itemsPerPublish: Int = 10_000
  /// Bytes of an `application/websocket-events` body. Default 1,000,000, as in Pushpin.
  public var webSocketEventsBytes: Int = 1_000_000
  /// Events of one `application/websocket-events` body, those of unknown types too. Default 65,536.
  public var webSocketEvents: Int = 65_536
  /// Bytes of a control message with its `c:`. Default 16,384: Pushpin ignores longer ones.
  public var controlMessageBytes: Int = 16_384
  /// UTF-8 bytes of the `message-prefix` of the `grip` extension. Default 256.
  public var messagePrefixBytes: Int = 256
  /// Bytes of a signed token. Default 8,192.
  public var tokenBytes: Int = 8192

  /// The defaults; change what you need.
  public init() {}
}
