package import XMPP

/// A change as the columns of an outbox hold it.
package struct StoredChange: Sendable, Hashable {
  /// `published`, `retracted`, `subscription`, `affiliation`, `configured`, `deleted`, `access`.
  package var kind: String
  /// An entry's local id, or a user; empty for none.
  package var id: String
  /// Who published, or invited.
  package var author: JID?
  package var published: Timestamp?
  package var updated: Timestamp?
  /// An entry's XML, a state's name, a configuration's fields.
  package var text: String?

  package init(
    kind: String, id: String, author: JID? = nil, published: Timestamp? = nil, updated: Timestamp? = nil,
    text: String? = nil
  ) {
    self.kind = kind
    self.id = id
    self.author = author
    self.published = published
    self.updated = updated
    self.text = text
  }

  /// A change as it is to be stored.
  package init(_ change: ChannelEvent.Change) {
    switch change {
    case .published(let entry):
      self.init(
        kind: "published", id: entry.id, author: entry.author.bare, published: entry.published, updated: entry.updated,
        text: entry.xml.serialized())
    case .retracted(let id): self.init(kind: "retracted", id: id)
    case .subscriptionChanged(let user, let state, let inviter):
      self.init(kind: "subscription", id: user.bare.description, author: inviter?.bare, text: state.rawValue)
    case .affiliationChanged(let user, let affiliation):
      self.init(kind: "affiliation", id: user.bare.description, text: affiliation.rawValue)
    case .configured(let metadata):
      self.init(kind: "configured", id: "", text: ConfigurationField.encoded(metadata.fields()))
    case .nodeDeleted: self.init(kind: "deleted", id: "")
    case .accessReduced(let user): self.init(kind: "access", id: user?.bare.description ?? "")
    }
  }

  /// The change; `nil` for an entry that was published, which a store reads as it reads entries, and for what another version
  /// wrote.
  package var withoutEntry: ChannelEvent.Change? {
    switch kind {
    case "retracted": .retracted(id: id)
    case "subscription":
      .subscriptionChanged(
        user: JID(prepared: id), text.flatMap(SubscriptionState.init(rawValue:)) ?? .none, invitedBy: author)
    case "affiliation":
      .affiliationChanged(user: JID(prepared: id), text.flatMap(Affiliation.init(rawValue:)) ?? .none)
    case "configured": .configured(NodeMetadata(fields: ConfigurationField.decoded(text)))
    case "deleted": .nodeDeleted
    case "access": .accessReduced(user: id.isEmpty ? nil : JID(prepared: id))
    default: nil
    }
  }
}
