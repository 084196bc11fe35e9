import ChannelServer
import Channels
import Testing
import XMPP

/// Every role against every access model and operation, over a real server and store: what the rules say is what happens.
@Suite("The permission matrix") struct PermissionMatrixTests {
  private enum Role: String, CaseIterable {
    case owner, moderator, publisher, member, stranger, remote, anonymous, pending, invited, outcast

    var standing: Permissions.Standing {
      switch self {
      case .owner: .init(affiliation: .owner, subscription: .subscribed, isLocal: true)
      case .moderator: .init(affiliation: .moderator, subscription: .subscribed, isLocal: true)
      case .publisher: .init(affiliation: .publisher, subscription: .subscribed, isLocal: true)
      case .member: .init(affiliation: .member, subscription: .subscribed, isLocal: true)
      case .stranger: .init(affiliation: .none, subscription: .none, isLocal: true)
      case .remote: .init(affiliation: .none, subscription: .none, isLocal: false)
      case .anonymous: .anonymous
      case .pending: .init(affiliation: .member, subscription: .pending, isLocal: true)
      case .invited: .init(affiliation: .none, subscription: .invited, isLocal: true)
      case .outcast: .init(affiliation: .outcast, subscription: .none, isLocal: true)
      }
    }
  }

  /// Operations by the literal roles that may do them; the rest are refused. `view` stands for who may read.
  private static let operations:
    [(name: String, allowed: Set<Role>?, run: @Sendable (any ChannelSession, Place) async throws -> Void)] = [
      ("metadata", Set(Role.allCases), { _ = try await $0.metadata(of: $1.node) }),
      ("entries", nil, { _ = try await $0.entries(of: $1.node, page: PageRequest()) }),
      ("entry", nil, { _ = try await $0.entry($1.entry, of: $1.node) }),
      ("threads", nil, { _ = try await $0.threads(of: $1.node, page: PageRequest()) }),
      ("replies", nil, { _ = try await $0.replies(to: $1.entry, in: $1.node, page: PageRequest()) }),
      ("affiliations", nil, { _ = try await $0.affiliations(of: $1.node) }),
      ("queue", nil, { _ = try await $0.queue(for: $1.node) }),
      ("publish", [.owner, .moderator, .publisher], { _ = try await $0.publish(post("x"), to: $1.node) }),
      (
        "reply", [.owner, .moderator, .publisher],
        { _ = try await $0.publish(post("x", replyTo: $1.entry), to: $1.node) }
      ),
      ("replace", [.owner, .moderator], { _ = try await $0.replaceNewest(with: post("x"), in: $1.node) }),
      ("retract", [.owner, .moderator], { try await $0.retract($1.entry, from: $1.node) }),
      ("configure", [.owner], { try await $0.configure($1.node, NodeConfiguration(title: "x")) }),
      ("create node", [.owner], { try await $0.createNode(NodeID(channel: $1.node.channel, name: "x")) }),
      ("delete", [.owner], { try await $0.deleteChannel($1.node.channel) }),
      ("ban", [.owner, .moderator], { try await $0.setAffiliation(.outcast, of: $1.bystander, in: $1.node) }),
      ("promote", [.owner], { try await $0.setAffiliation(.moderator, of: $1.bystander, in: $1.node) }),
      ("remove", [.owner, .moderator], { try await $0.setSubscription(.none, of: $1.bystander, in: $1.node) }),
      (
        "invite", [.owner, .moderator, .publisher, .member],
        { try await $0.setSubscription(.invited, of: JID(prepared: "new@example.com"), in: $1.node) }
      ),
    ]

  /// A node with an entry of its owner's and a follower to act on.
  private struct Place: Sendable {
    let node: NodeID
    let entry: String
    let bystander: JID
  }

  @Test(arguments: AccessModel.allCases)
  func `what the table allows succeeds, and everything else is refused`(model: AccessModel) async throws {
    let test = try TestServer()
    for (number, operation) in Self.operations.enumerated() {
      let places = try await Self.places(number: number, model: model, in: test)
      for role in Role.allCases {
        let place = try #require(places[role])
        let session = role == .anonymous ? test.anonymous : test.server.trustedSession(user: try Self.user(of: role))
        let allowed =
          operation.allowed.map { $0.contains(role) }
          ?? (Permissions.viewRefusal(role.standing, accessModel: model) == nil)
        let code = await refusal { try await operation.run(session, place) }
        #expect((code == nil) == allowed, "\(role) × \(model) × \(operation.name): \(String(describing: code))")
        if !allowed {
          let refusals: Set<ChannelError.Code> = [.forbidden, .notAuthorized, .closedNode, .pendingSubscription]
          #expect(code.map(refusals.contains) == true, "\(role) × \(model) × \(operation.name)")
          #expect(role != .anonymous || code == .notAuthorized, "\(model) × \(operation.name)")
        }
      }
    }
  }

  private static func user(of role: Role) throws -> JID {
    try jid(role == .remote ? "remote@other.example" : "\(role.rawValue)@example.com")
  }

  /// A node of its own for each role and operation, so that what one does is not in another's way.
  private static func places(
    number: Int, model: AccessModel, in test: TestServer
  ) async throws -> [Role: Place] {
    let bystander = try jid("bystander@example.com")
    let founder = try jid("founder@example.com")
    let metadata = NodeMetadata(
      title: "", description: "", accessModel: model, defaultAffiliation: .member, channelType: .topic,
      creationDate: test.clock.now)
    return try await test.store.write { store in
      var places: [Role: Place] = [:]
      for role in Role.allCases {
        let node = NodeID(channel: try jid("\(role.rawValue)-\(number)@topics.example.com"), name: "posts")
        let stamp = EntryDraft.Stamp(id: "1", authority: "x", author: founder, time: metadata.creationDate)
        let draft = try EntryDraft(post("x"), for: node, limits: EntryLimits())
        try store.insert(node, metadata)
        try store.insert(draft.entry(in: node, stamp: stamp, limits: EntryLimits()), rated: nil)
        let standing = role.standing
        var members = [
          Membership(node: node, user: founder, affiliation: .owner, subscription: .subscribed),
          Membership(node: node, user: bystander, affiliation: .member, subscription: .subscribed),
        ]
        if standing.isKnown {
          members.append(
            Membership(
              node: node, user: try user(of: role), affiliation: standing.affiliation,
              subscription: standing.subscription))
        }
        for member in members { try store.set(StoredMembership(member)) }
        places[role] = Place(node: node, entry: "1", bystander: bystander)
      }
      return places
    }
  }
}
