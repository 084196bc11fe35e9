import Channels
import Testing

/// The tables of channel-server §4, written out by hand and held against the rules.
@Suite("channel-server §4 permissions") struct PermissionsTests {
  /// The columns: what somebody is.
  private static let columns: [(name: String, standing: Permissions.Standing)] = [
    ("owner", follower(.owner)), ("moderator", follower(.moderator)), ("publisher", follower(.publisher)),
    ("member", follower(.member)),
    ("stranger", .init(affiliation: .none, subscription: .none, isLocal: true)),
    ("remote", .init(affiliation: .none, subscription: .none, isLocal: false)),
    ("anonymous", .anonymous),
    ("pending", .init(affiliation: .member, subscription: .pending, isLocal: true)),
    ("invited", .init(affiliation: .none, subscription: .invited, isLocal: true)),
    ("outcast", .init(affiliation: .outcast, subscription: .none, isLocal: true)),
  ]

  private static func follower(_ affiliation: Affiliation) -> Permissions.Standing {
    .init(affiliation: affiliation, subscription: .subscribed, isLocal: true)
  }

  /// `+` allowed, `-` refused; a row per action and access model, a sign per column.
  private static let table: [(Permissions.Action, AccessModel, String)] = [
    //                          o m p b s r a p i x
    (.readMetadata, .open, "++++++++++"), (.readMetadata, .authorize, "++++++++++"),
    (.readMetadata, .whitelist, "++++++++++"), (.readMetadata, .local, "++++++++++"),
    (.readEntries, .open, "+++++++++-"), (.readEntries, .authorize, "++++------"),
    (.readEntries, .whitelist, "++++------"), (.readEntries, .local, "+++++--++-"),
    (.readFollowers, .open, "+++++++++-"), (.readFollowers, .authorize, "++++------"),
    (.readFollowers, .whitelist, "++++------"), (.readFollowers, .local, "+++++--++-"),
    (.readBannedAndPending, .open, "++--------"), (.readBannedAndPending, .authorize, "++--------"),
    (.readBannedAndPending, .whitelist, "++--------"), (.readBannedAndPending, .local, "++--------"),
    (.publish, .open, "+++-------"), (.publish, .authorize, "+++-------"),
    (.publish, .whitelist, "+++-------"), (.publish, .local, "+++-------"),
    (.retractOwn, .open, "++++++-++-"), (.retractOwn, .authorize, "++++++-++-"),
    (.retractOwn, .whitelist, "++++++-++-"), (.retractOwn, .local, "++++++-++-"),
    (.retractAny, .open, "++--------"), (.retractAny, .authorize, "++--------"),
    (.retractAny, .whitelist, "++--------"), (.retractAny, .local, "++--------"),
    (.configure, .open, "+---------"), (.configure, .authorize, "+---------"),
    (.configure, .whitelist, "+---------"), (.configure, .local, "+---------"),
    (.approve, .open, "++--------"), (.approve, .authorize, "++--------"),
    (.approve, .whitelist, "++--------"), (.approve, .local, "++--------"),
    (.ban, .open, "++--------"), (.ban, .authorize, "++--------"),
    (.ban, .whitelist, "++--------"), (.ban, .local, "++--------"),
    (.setFollowerRole, .open, "++--------"), (.setFollowerRole, .authorize, "++--------"),
    (.setFollowerRole, .whitelist, "++--------"), (.setFollowerRole, .local, "++--------"),
    (.setModeratorRole, .open, "+---------"), (.setModeratorRole, .authorize, "+---------"),
    (.setModeratorRole, .whitelist, "+---------"), (.setModeratorRole, .local, "+---------"),
    (.deleteNode, .open, "+---------"), (.deleteNode, .authorize, "+---------"),
    (.deleteNode, .whitelist, "+---------"), (.deleteNode, .local, "+---------"),
  ]

  @Test func `every action under every access model is allowed to whom the table says`() {
    for action in Permissions.Action.allCases {
      for model in AccessModel.allCases {
        guard let row = Self.table.first(where: { $0.0 == action && $0.1 == model }) else {
          Issue.record("the table lacks \(action) × \(model)")
          continue
        }
        #expect(row.2.count == Self.columns.count)
        for (sign, column) in zip(row.2, Self.columns) {
          #expect(
            Permissions.allows(action, column.standing, accessModel: model) == (sign == "+"),
            "\(column.name) × \(model) × \(action)")
        }
      }
    }
  }

  @Test(arguments: [
    ("outcast", ChannelError.Code.forbidden), ("anonymous", .notAuthorized), ("stranger", .closedNode),
    ("pending", .pendingSubscription), ("invited", .closedNode),
  ])
  func `who may not read a private node hears why`(name: String, code: ChannelError.Code) throws {
    let column = try #require(Self.columns.first { $0.name == name })
    #expect(Permissions.viewRefusal(column.standing, accessModel: .authorize)?.code == code)
  }

  @Test func `an unconfigured or affiliation-less subscription does not read a private node`() {
    let unconfigured = Permissions.Standing(affiliation: .member, subscription: .unconfigured, isLocal: true)
    #expect(Permissions.viewRefusal(unconfigured, accessModel: .whitelist)?.application == .configurationRequired)
    let hollow = Permissions.Standing(affiliation: .none, subscription: .subscribed, isLocal: true)
    #expect(Permissions.viewRefusal(hollow, accessModel: .whitelist)?.application == .closedNode)
  }

  /// Rows: what the actor is; columns: what the target is; sign per wanted affiliation, lowest first.
  @Test(arguments: [
    //                              → x n m p M o
    (Affiliation.owner, Affiliation.outcast, "++++++"), (.owner, .none, "++++++"), (.owner, .member, "++++++"),
    (.owner, .publisher, "++++++"), (.owner, .moderator, "++++++"), (.owner, .owner, "------"),
    (.moderator, .outcast, "++++--"), (.moderator, .none, "++++--"), (.moderator, .member, "++++--"),
    (.moderator, .publisher, "++++--"), (.moderator, .moderator, "------"), (.moderator, .owner, "------"),
    (.publisher, .member, "------"), (.member, .member, "------"), (.none, .member, "------"),
    (.outcast, .member, "------"),
  ])
  func `affiliations are changed by whom the table says`(actor: Affiliation, target: Affiliation, row: String) {
    for (sign, wanted) in zip(row, Affiliation.allCases) {
      let refusal = Permissions.affiliationRefusal(actor: actor, isSelf: false, target: target, wanted: wanted)
      #expect((refusal == nil) == (sign == "+"), "\(actor) makes \(target) \(wanted)")
      #expect(
        Permissions.affiliationRefusal(actor: actor, isSelf: true, target: actor, wanted: wanted) != nil)
    }
  }

  @Test func `a follower starts where the access model says`() {
    let expected: [AccessModel: (local: SubscriptionState, remote: SubscriptionState)] = [
      .open: (.subscribed, .subscribed), .local: (.subscribed, .pending), .authorize: (.pending, .pending),
      .whitelist: (.pending, .pending),
    ]
    for model in AccessModel.allCases {
      #expect(Permissions.initialSubscription(accessModel: model, isLocal: true) == expected[model]?.local)
      #expect(Permissions.initialSubscription(accessModel: model, isLocal: false) == expected[model]?.remote)
    }
  }

  @Test func `affiliations are ordered by rank, and carried over to other nodes lowered`() {
    #expect(Affiliation.allCases == [.outcast, .none, .member, .publisher, .moderator, .owner])
    #expect(Affiliation.allCases.sorted() == Affiliation.allCases)
    #expect(
      Affiliation.allCases.map(Permissions.affiliationElsewhere)
        == [.outcast, .none, .member, .member, .member, .owner])
  }
}
