package import Channels
package import XMPP

/// What a channel server answers, as a value. How it is written depends on the request.
///
/// **Spec**: channel-server §7 to §16.
package enum ChannelReply: Sendable, Hashable {
  /// It is done, and there is nothing to tell.
  case done
  case server(DiscoInfo)
  /// What a node says about itself, or its configuration.
  case configuration(NodeID, [ConfigurationField])
  case nodes([NodeID], ResultSet?)
  case itemNames([String], ResultSet?)
  case version(SoftwareVersion)
  case registrationForm(instructions: String)
  /// What became of a wish to follow.
  case subscribed(Membership)
  /// Subscriptions or affiliations.
  case memberships([Membership], ResultSet?)
  case described([DescribedMembership], ResultSet?)
  /// - Parameter id: Local or global.
  case published(NodeID, id: String)
  case items(NodeID, [Item], ResultSet?)
  /// Of a `subscriptions` node, whose items are channels.
  case followedChannels(NodeID, [FollowedChannel], ResultSet?)
  case threads([EntryThread], node: NodeID, ResultSet?)
  /// Entries of several nodes in the order of the list.
  case timeline([Entry], ResultSet?)
  case searchForm
  case found([Entry])
}

/// A membership with what its node says about itself.
package struct DescribedMembership: Sendable, Hashable {
  package var membership: Membership
  package var fields: [ConfigurationField]

  package init(membership: Membership, fields: [ConfigurationField]) {
    self.membership = membership
    self.fields = fields
  }
}

/// In which namespace lists of memberships are answered: peers differ.
///
/// **Spec**: channel-server §14.1.
package enum ListNamespace: String, Sendable, Hashable, CaseIterable {
  /// As the last server of 2015: own affiliations in the owner's, all others in that of publish-subscribe.
  case java
  /// In that of the request, as XEP-0060 has it.
  case request
}
