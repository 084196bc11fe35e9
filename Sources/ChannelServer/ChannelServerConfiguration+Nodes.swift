import Channels
import XMPP

extension ChannelServerConfiguration {
  /// Whether a user is of this server.
  func isLocal(_ user: JID?) -> Bool { user?.domain == domain }

  /// Whether a channel is of this server.
  func hosts(_ channel: JID) -> Bool { channel.domain == domain || channel.domain == topicsDomain }

  /// The domains whose channels are of this server.
  var domains: [String] { [domain, topicsDomain] }

  /// What the type of a channel is, by its address.
  func type(of channel: JID) -> ChannelType { channel.domain == domain ? .personal : .topic }

  /// What a new node is.
  /// - Parameter type: Of the channel; kept by its `posts` node only (channel-server §3.1).
  func metadata(
    of node: NodeID, type: ChannelType, created: Timestamp, creator: JID? = nil
  ) -> NodeMetadata {
    let override = nodes.overrides[node.name] ?? NodeOverride()
    let isChannel = node.name == "posts"
    let title =
      switch (isChannel, type) {
      case (true, .personal): nodes.personalTitle
      case (true, .topic): nodes.topicTitle
      case (false, _): nodes.nodeTitle
      }
    return NodeMetadata(
      title: filled(override.title ?? title, for: node),
      description: filled(
        override.description ?? (isChannel && type == .personal ? nodes.personalDescription : ""), for: node),
      accessModel: override.accessModel ?? nodes.accessModel,
      defaultAffiliation: override.affiliation
        ?? (type == .personal ? nodes.personalAffiliation : nodes.topicAffiliation),
      channelType: isChannel ? type : nil, creationDate: created, creator: creator)
  }

  /// A template's text. Each placeholder is replaced in the template only, never in what replaced another.
  private func filled(_ template: String, for node: NodeID) -> String {
    var result = ""
    var rest = template[...]
    let values = [
      ("%jid%", node.channel.description), ("%local%", node.channel.local ?? ""), ("%node%", node.name),
    ]
    while !rest.isEmpty {
      if let (key, value) = values.first(where: { rest.hasPrefix($0.0) }) {
        result += value
        rest = rest.dropFirst(key.count)
      } else {
        result.append(rest.removeFirst())
      }
    }
    return String(result.prefix(limits.maxTitleCharacters))
  }
}
