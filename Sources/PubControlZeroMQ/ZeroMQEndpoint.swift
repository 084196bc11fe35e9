public import GRIP

/// A proxy that takes items over ZeroMQ.
///
/// **Spec**: GRIP proxy §10.2, §10.3. Neither kind of socket has credentials: who reaches one may publish.
public struct ZeroMQEndpoint: Sendable, Hashable {
  /// How items get there.
  public enum Kind: Sendable, Hashable {
    /// To a PULL socket (`push_in_spec`, port 5560): every item is sent.
    case push
    /// To a SUB socket (`push_in_sub_specs`, port 5562): only items of channels that somebody listens to are sent, and who
    /// listens is seen (`PubControlZeroMQ.interest()`).
    case publish
  }

  /// `tcp://host:port` or `ipc://path`.
  public let address: String
  /// What listens there.
  public let kind: Kind

  /// An endpoint.
  ///
  /// **Errors**: the address is neither `tcp://host:port` nor `ipc://path`.
  public init(_ address: String, kind: Kind = .push) throws(GRIPDecodingError) {
    guard Self.isAddress(address) else {
      throw GRIPDecodingError("'\(address)' is no ZeroMQ address; tcp://host:port and ipc://path are accepted")
    }
    self.address = address
    self.kind = kind
  }

  /// Whether a text looks like the address of an endpoint of this kind, and not like the URI of one over HTTP.
  public static func hasScheme(_ text: String) -> Bool {
    text.hasPrefix("tcp://") || text.hasPrefix("ipc://")
  }

  private static func isAddress(_ text: String) -> Bool {
    guard !text.utf8.contains(0) else { return false }
    if text.hasPrefix("ipc://") { return (1...107).contains(text.utf8.count - "ipc://".utf8.count) }
    guard text.hasPrefix("tcp://"), let colon = text.lastIndex(of: ":") else { return false }
    let host = text[..<colon].dropFirst("tcp://".count)
    return !host.isEmpty && host != "*" && UInt16(text[text.index(after: colon)...]).map { $0 > 0 } ?? false
  }
}

/// A channel has its first listener behind an endpoint, or has lost its last.
public struct ChannelInterest: Sendable, Hashable {
  /// The endpoint, by its index.
  public var endpoint: Int
  /// The channel's name, with the prefix of the proxy's route.
  public var channel: String
  /// Whether somebody listens now.
  public var isWanted: Bool

  /// What an endpoint tells.
  public init(endpoint: Int, channel: String, isWanted: Bool) {
    self.endpoint = endpoint
    self.channel = channel
    self.isWanted = isWanted
  }
}
