/// What a user may do, as one table of facts per question.
///
/// **Spec**: channel-server §4.1 (reading), §4.2 (writing), §4.3 (the order of reasons), §10.5 (affiliations).
package enum Permissions {
  /// What somebody is to a node at the moment of asking.
  package struct Standing: Sendable, Hashable {
    /// Whether anybody is logged in.
    package var isKnown: Bool
    package var affiliation: Affiliation
    package var subscription: SubscriptionState
    /// Whether they are a user of the node's own server.
    package var isLocal: Bool

    package init(isKnown: Bool = true, affiliation: Affiliation, subscription: SubscriptionState, isLocal: Bool) {
      self.isKnown = isKnown
      self.affiliation = affiliation
      self.subscription = subscription
      self.isLocal = isLocal
    }

    /// Nobody.
    package static let anonymous = Standing(
      isKnown: false, affiliation: .none, subscription: .none, isLocal: false)
  }

  /// The questions.
  package enum Action: String, Sendable, Hashable, CaseIterable {
    /// Title, description and the rest of the configuration.
    case readMetadata
    case readEntries
    /// Who follows.
    case readFollowers
    /// Who is banned, who waits.
    case readBannedAndPending
    case publish
    case retractOwn
    case retractAny
    case configure
    case approve
    case ban
    /// Making members and publishers, and unmaking them.
    case setFollowerRole
    /// Making moderators and owners.
    case setModeratorRole
    case deleteNode
  }

  /// Whether the action is allowed.
  package static func allows(
    _ action: Action, _ standing: Standing, accessModel: AccessModel, publishModel: PublishModel = .publishers
  ) -> Bool {
    switch action {
    case .readMetadata: true
    case .readEntries, .readFollowers: viewRefusal(standing, accessModel: accessModel) == nil
    case .publish: mayPublish(standing, publishModel)
    case .retractOwn: standing.isKnown && standing.affiliation != .outcast
    case .readBannedAndPending, .retractAny, .approve, .ban, .setFollowerRole:
      standing.isKnown && standing.affiliation >= .moderator
    case .configure, .setModeratorRole, .deleteNode: standing.isKnown && standing.affiliation == .owner
    }
  }

  /// Why the node's entries may not be read; `nil` where they may. The reasons are tried in the order of §4.3.
  package static func viewRefusal(_ standing: Standing, accessModel: AccessModel) -> ChannelError? {
    if standing.affiliation == .outcast { return ChannelError(.forbidden, "you may not read this channel") }
    if accessModel == .open || accessModel == .local && standing.isLocal { return nil }
    guard standing.isKnown else {
      return ChannelError(.notAuthorized, "this channel is private: log in as one of its followers")
    }
    switch standing.subscription {
    case .none, .invited: return ChannelError(.closedNode, "this channel is private: ask to follow it")
    case .pending:
      return ChannelError(.pendingSubscription, "your request to follow this channel waits for approval")
    case .unconfigured:
      return ChannelError(
        .notAuthorized, "your subscription has to be configured first", application: .configurationRequired)
    case .subscribed:
      return standing.affiliation == .none
        ? ChannelError(.notAuthorized, "this channel is private: ask to follow it", application: .closedNode) : nil
    }
  }

  /// Where a new follower starts.
  package static func initialSubscription(accessModel: AccessModel, isLocal: Bool) -> SubscriptionState {
    switch accessModel {
    case .open: .subscribed
    case .local: isLocal ? .subscribed : .pending
    case .authorize, .whitelist: .pending
    }
  }

  /// What an affiliation to a channel's `posts` means for its other nodes.
  package static func affiliationElsewhere(_ affiliation: Affiliation) -> Affiliation {
    switch affiliation {
    case .publisher, .moderator: .member
    case .outcast, .none, .member, .owner: affiliation
    }
  }

  /// Why `actor` may not make `target` what they want; `nil` where they may.
  /// - Parameters:
  ///   - actor: Who acts, a known user.
  ///   - isSelf: Whether they act on themselves.
  ///   - target: What the other is now.
  ///   - wanted: What they shall become.
  ///   - isMember: Whether the other has any relation to the node.
  ///   - isEphemeral: Whether the node is, whose followers are all moderators.
  ///
  /// **Spec**: §10.5, in its order. N: who has no relation to the node can be banned beforehand.
  package static func affiliationRefusal(
    actor: Affiliation, isSelf: Bool, target: Affiliation, wanted: Affiliation, isMember: Bool = true,
    isEphemeral: Bool = false
  ) -> ChannelError? {
    if actor < .moderator {
      return ChannelError(.notAuthorized, "only moderators and owners change affiliations")
    }
    if actor == .moderator, wanted >= .moderator {
      return ChannelError(.forbidden, "only owners make moderators and owners")
    }
    if !isMember, wanted != .outcast {
      return ChannelError(.unexpectedRequest, "who does not follow this channel can only be banned")
    }
    if isSelf {
      return ChannelError(
        .notAllowed, "your own affiliation can only be changed by another owner",
        application: .canNotModifyOwnAffiliation)
    }
    if actor == .moderator, target >= .moderator {
      return ChannelError(.forbidden, "only owners unmake moderators and owners")
    }
    if target == .owner { return ChannelError(.notAcceptable, "an owner stays an owner until they leave") }
    if isEphemeral, wanted < .moderator {
      return ChannelError(.notAllowed, "everybody is a moderator of an ephemeral channel, or an owner")
    }
    return nil
  }

  /// **Spec**: channel-server §3.1 and §23.4 for the models of K, which only widen who may.
  private static func mayPublish(_ standing: Standing, _ model: PublishModel) -> Bool {
    guard standing.isKnown, standing.affiliation != .outcast else { return false }
    let isPublisher = isFollowing(standing) && standing.affiliation >= .publisher
    return switch model {
    case .publishers: isPublisher
    case .subscribers: isFollowing(standing) && standing.affiliation >= .member
    case .members: isPublisher || standing.affiliation >= .member && standing.subscription != .pending
    case .open: true
    }
  }

  private static func isFollowing(_ standing: Standing) -> Bool {
    standing.isKnown && standing.subscription == .subscribed
  }
}
