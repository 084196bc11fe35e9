package import Channels
import XMPP

/// What a channel server answers, as a value. How it is written depends on the request.
///
/// **Spec**: channel-server §7 to §16.
package enum ChannelReply: Sendable, Hashable {
  /// It is done, and there is nothing to tell.
  case done
  case server(ServerDescription)
  /// What a node says about itself, or its configuration.
  case configuration(NodeID, [ConfigurationField])
  case nodes([NodeID], PageBounds?)
  case itemNames([String], PageBounds?)
  case version(name: String, version: String, system: String?)
  case registrationForm(instructions: String)
  /// What became of a wish to follow.
  case subscribed(Membership)
  /// Subscriptions or affiliations.
  case memberships([Membership], PageBounds?)
  case described([DescribedMembership], PageBounds?)
  /// - Parameter id: Local or global.
  case published(NodeID, id: String)
  case items(NodeID, [Item], PageBounds?)
  /// Of a `subscriptions` node, whose items are channels.
  case followedChannels(NodeID, [FollowedChannel], PageBounds?)
  case threads([EntryThread], node: NodeID, PageBounds?)
  /// Entries of several nodes in the order of the list.
  case timeline([Entry], PageBounds?)
  case searchForm
  case found([Entry])
}

/// What a channel server says about itself.
package struct ServerDescription: Sendable, Hashable {
  /// One of the identities of an entity.
  package struct Identity: Sendable, Hashable {
    package var category: String
    package var type: String
    package var name: String?

    package init(category: String, type: String, name: String? = nil) {
      self.category = category
      self.type = type
      self.name = name
    }
  }

  package var identities: [Identity]
  /// Namespaces, in the order of the list.
  package var features: [String]

  package init(identities: [Identity], features: [String]) {
    self.identities = identities
    self.features = features
  }

  /// Whether it is the channel server of its domain.
  package var isChannelServer: Bool {
    identities.contains { $0.category == "pubsub" && $0.type == "channels" }
  }
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
