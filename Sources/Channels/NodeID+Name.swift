import XMPP

extension NodeID {
  /// Reads the XMPP name of a node: `/user/CHANNEL/NAME`, with the older names of a node replaced by today's.
  ///
  /// **Errors**: `badRequest` with `invalid-node-format`; `featureNotImplemented` for a name without a channel that isn't known.
  /// **Spec**: channel-server §3.
  public init(_ name: String) throws(ChannelError) {
    if name == Self.firehose.description {
      self = .firehose
      return
    }
    let parts = name.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard name.contains("@") else {
      throw ChannelError(.featureNotImplemented, "there is no special node '\(name.prefix(64))'")
    }
    guard parts.count == 4, parts[0].isEmpty, parts[1] == "user", (1...200).contains(parts[3].utf8.count) else {
      throw Self.malformed(name)
    }
    guard let channel = try? JID(String(parts[2])), channel.local != nil, channel.resource == nil else {
      throw Self.malformed(name)
    }
    self.init(channel: channel, name: Self.aliases[String(parts[3])] ?? String(parts[3]))
  }

  private static func malformed(_ name: String) -> ChannelError {
    ChannelError(
      .badRequest, "'\(name.prefix(128))' is no node; a node is /user/alice@example.com/posts",
      application: .invalidNodeFormat)
  }

  /// What nodes were called elsewhere and earlier.
  package static let aliases = [
    "geoloc-past": "geo/previous", "geoloc": "geo/current", "geoloc-future": "geo/next", "geo/future": "geo/next",
    "mood": "status",
  ]

  /// The newest public entries of all channels of the server, as a node.
  public static let firehose = NodeID(channel: JID(prepared: "firehose"), name: "firehose")
}
