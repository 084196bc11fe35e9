import ChannelServer
import Channels
import TestKit
import Testing
import XMPP

/// Every role × access model × action × local or remote user, over a real server and store: what the table says is what happens.
@Suite("The permission matrix") struct PermissionMatrixTests {
  /// A node with an entry of its founder's, one of the actor's, and people to act on.
  private struct Place: Sendable {
    let node: NodeID
    let actor: JID?
    let bystander = JID(prepared: "bystander@example.com")
    let waiting = JID(prepared: "waiting@example.com")
    let banned = JID(prepared: "banned@example.com")
  }

  private static func run(
    _ action: PermissionTable.Action, _ session: any ChannelSession, _ place: Place
  ) async throws {
    let node = place.node
    switch action {
    case .readMetadata: _ = try await session.metadata(of: node)
    case .readEntries:
      _ = try await session.entries(of: node, page: PageRequest())
      _ = try await session.entry("founders", of: node)
      _ = try await session.entries(["founders"], of: node)
      _ = try await session.items(of: node, ItemQuery(includesTombstones: true))
      _ = try await session.threads(of: node, page: PageRequest())
      _ = try await session.threadPage(of: node, page: PageRequest())
      _ = try await session.thread("founders", of: node, page: PageRequest())
      _ = try await session.replies(to: "founders", in: node, page: PageRequest())
      _ = try await session.replyPage(to: "founders", in: node, page: PageRequest())
      _ = try await session.queue(for: node)
    case .readFollowers:
      _ = try await session.affiliations(of: node)
      _ = try await session.members(of: node, page: PageRequest())
    case .seeBanned:
      let members = try await session.members(of: node, page: PageRequest()).memberships
      guard members.contains(where: { $0.user == place.banned }) else { throw ChannelError(.forbidden, "hidden") }
    case .publish: _ = try await session.publish(post("x"), to: node)
    case .reply: _ = try await session.publish(post("x", replyTo: "founders"), to: node)
    case .editOwn: _ = try await session.publish(post("x"), to: node, id: "own")
    case .editOther: _ = try await session.publish(post("x"), to: node, id: "founders")
    case .retractOwn: try await session.retract(["own"], from: node)
    case .retractOther: try await session.retract("founders", from: node)
    case .configure: try await session.configure(node, NodeConfiguration(title: "x"))
    case .createNode: try await session.createNode(NodeID(channel: node.channel, name: "x"))
    case .delete: try await session.deleteNode(node)
    case .approve: try await session.setSubscription(.subscribed, of: place.waiting, in: node)
    case .ban: try await session.setAffiliation(.outcast, of: place.bystander, in: node)
    case .makePublisher: try await session.setAffiliation(.publisher, of: place.bystander, in: node)
    case .makeModerator: try await session.setAffiliation(.moderator, of: place.bystander, in: node)
    case .invite: try await session.setSubscription(.invited, of: JID(prepared: "new@example.com"), in: node)
    }
  }

  @Test(arguments: PermissionTable.Action.allCases)
  func `what the table says is what happens`(action: PermissionTable.Action) async throws {
    let test = try TestServer()
    for (number, row) in PermissionTable.rows.filter({ $0.action == action }).enumerated() {
      let model = try #require(AccessModel(rawValue: row.model))
      var cases: [(name: String, role: PermissionTable.Role?, user: JID?, sign: Character)] = [
        ("anonymous", nil, nil, row.anonymous)
      ]
      for (domain, signs) in [("example.com", row.local), ("other.example", row.remote)] {
        #expect(signs.count == PermissionTable.roles.count)
        cases += zip(PermissionTable.roles, signs).map { role, sign in
          ("\(role.name)@\(domain)", role, JID(prepared: "\(role.name)@\(domain)"), sign)
        }
      }
      let places = try await Self.places(number, model, for: cases.map { ($0.name, $0.role, $0.user) }, in: test)
      for item in cases {
        let place = try #require(places[item.name])
        let session = item.user.map { test.server.trustedSession(user: $0) } ?? test.anonymous
        var sign: Character = "+"
        do {
          try await Self.run(action, session, place)
        } catch {
          sign = Self.sign(of: error)
        }
        #expect(sign == item.sign, "\(item.name) × \(row.model) × \(action)")
      }
    }
  }

  private static func sign(of error: any Error) -> Character {
    guard let error = error as? ChannelError else { return "?" }
    switch (error.code, error.application) {
    case (.notAuthorized, .configurationRequired): return "u"
    case (.forbidden, _): return "f"
    case (.notAuthorized, _): return "a"
    case (.closedNode, .closedNode): return "c"
    case (.pendingSubscription, .pendingSubscription): return "w"
    default: return "?"
    }
  }

  /// A node of its own for each case, so that what one does is not in another's way.
  private static func places(
    _ number: Int, _ model: AccessModel, for cases: [(name: String, role: PermissionTable.Role?, user: JID?)],
    in test: TestServer
  ) async throws -> [String: Place] {
    let founder = JID(prepared: "founder@example.com")
    let metadata = NodeMetadata(
      title: "", description: "", accessModel: model, defaultAffiliation: .member, channelType: .topic,
      creationDate: test.clock.now)
    return try await test.store.write { store in
      var places: [String: Place] = [:]
      for item in cases {
        let local = item.name.replacing("@", with: "-at-")
        let node = NodeID(channel: try jid("\(local)-\(number)@topics.example.com"), name: "posts")
        let place = Place(node: node, actor: item.user)
        try store.insert(node, metadata)
        for (id, author) in [("founders", founder), ("own", item.user ?? founder)] {
          let stamp = EntryDraft.Stamp(id: id, authority: "x", author: author, time: metadata.creationDate)
          let draft = try EntryDraft(post("x"), for: node, limits: EntryLimits())
          try store.insert(draft.entry(in: node, stamp: stamp, limits: EntryLimits()), rated: nil)
        }
        var members: [(JID, Affiliation, SubscriptionState)] = [
          (founder, .owner, .subscribed), (place.bystander, .member, .subscribed), (place.waiting, .member, .pending),
          (place.banned, .outcast, .none),
        ]
        if let role = item.role, let user = item.user, let affiliation = Affiliation(rawValue: role.affiliation),
          let subscription = SubscriptionState(rawValue: role.subscription)
        {
          members.append((user, affiliation, subscription))
        }
        for (user, affiliation, subscription) in members {
          try store.set(
            StoredMembership(
              Membership(node: node, user: user, affiliation: affiliation, subscription: subscription)))
        }
        places[item.name] = place
      }
      return places
    }
  }
}
