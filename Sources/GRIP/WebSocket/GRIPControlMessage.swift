/// What an origin says to the proxy on a WebSocket that has the `grip` extension.
///
/// **Spec**: GRIP §16.3: a text message of `c:` and a JSON object.
public enum GRIPControlMessage: Sendable, Hashable {
  /// A message that the proxy writes to the client by itself.
  public enum Content: Sendable, Hashable {
    /// A text message.
    case text(String)
    /// A binary message.
    case binary([UInt8])
    /// A ping, at most 125 bytes.
    case ping([UInt8])
    /// A pong, at most 125 bytes.
    case pong([UInt8])

    /// The bytes that reach the client.
    public var bytes: [UInt8] {
      switch self {
      case .text(let text): Array(text.utf8)
      case .binary(let bytes), .ping(let bytes), .pong(let bytes): bytes
      }
    }
  }

  /// What the proxy writes to a quiet client, and when.
  public struct KeepAlive: Sendable, Hashable {
    /// What is written.
    public var content: Content
    /// The time between two writes, at least 1 s; default 55 s.
    public var timeout: Duration
    /// When the timer restarts.
    public var mode: GRIPKeepAlive.Mode

    /// A keep-alive.
    public init(_ content: Content, timeout: Duration = .seconds(55), mode: GRIPKeepAlive.Mode = .idle) {
      self.content = content
      self.timeout = timeout
      self.mode = mode
    }
  }

  /// What a position begins with where `ids` is `true`.
  public static let defaultPositionPrefix = "id:"

  /// The client listens to a channel; once more replaces the filters.
  ///
  /// With `previousID` (`prev-id`) the channel is reliable: it is where the client stands, and the proxy asks the origin for
  /// what an item that does not follow shows to be missing. With `positionPrefix` (`ids`) the client is told where it
  /// stands: a text message of the prefix and `{"channel":…,"id":…}` behind items with an id. Both are ours; other proxies
  /// ignore them.
  case subscribe(
    channel: String, filters: [String] = [], previousID: String? = nil, positionPrefix: String? = nil)
  /// The client listens no more.
  case unsubscribe(channel: String)
  /// The proxy forgets the origin; the client stays, and listens.
  case detach
  /// The connection belongs to a session; `nil` to none.
  case session(id: String?)
  /// A value that filters see; `nil` deletes it.
  case setMeta(name: String, value: String?)
  /// From now on this keep-alive; `nil` switches it off.
  case keepAlive(KeepAlive?)
  /// Sent to the client after a time, at least 1 s; one that still waits is sent first.
  case sendDelayed(Content, timeout: Duration = .seconds(1))
  /// What waits is sent now.
  case flushDelayed
}

/// Why a control message has no effect.
public enum GRIPControlMessageError: Error, Sendable, Hashable, CustomStringConvertible {
  /// It is not what the text says it should be; a proxy ignores it.
  case malformed(String)
  /// It subscribes with more filters than this; a proxy closes the connection with 1011.
  case tooManyFilters(limit: Int)

  /// One line.
  public var description: String {
    switch self {
    case .malformed(let reason): reason
    case .tooManyFilters(let limit): "a channel has more than \(limit) filters"
    }
  }
}
