/// Who may do what in a node, to be held against every way into the channel server: sessions, HTTP, XMPP.
///
/// **Spec**: channel-server §4.1 (reading), §4.2 (writing), §4.3 (the reasons), §10.3, §10.5; where J and X differ, as
/// docs/channel-server.md says.
package enum PermissionTable {
  /// What somebody is to a node: affiliation and subscription, in the words of the protocol.
  package struct Role: Sendable, Hashable {
    /// For people.
    package let name: String
    /// `owner` to `outcast`.
    package let affiliation: String
    /// `subscribed`, `pending` and so on.
    package let subscription: String
  }

  /// The columns, in the order of the signs.
  package static let roles = [
    Role(name: "owner", affiliation: "owner", subscription: "subscribed"),
    Role(name: "moderator", affiliation: "moderator", subscription: "subscribed"),
    Role(name: "publisher", affiliation: "publisher", subscription: "subscribed"),
    Role(name: "member", affiliation: "member", subscription: "subscribed"),
    Role(name: "none", affiliation: "none", subscription: "none"),
    Role(name: "pending", affiliation: "member", subscription: "pending"),
    Role(name: "invited", affiliation: "none", subscription: "invited"),
    Role(name: "unconfigured", affiliation: "member", subscription: "unconfigured"),
    Role(name: "outcast", affiliation: "outcast", subscription: "none"),
  ]

  /// One action under one access model.
  ///
  /// Signs: `+` allowed; else the reason: `f` forbidden, `a` not-authorized, `c` closed-node, `w` pending-subscription,
  /// `u` configuration-required.
  package struct Row: Sendable, Hashable {
    /// What is done.
    package let action: Action
    /// The node's access model.
    package let model: String
    /// A sign per role, for users of the node's own server.
    package let local: String
    /// The same for users of other servers.
    package let remote: String
    /// For nobody known.
    package let anonymous: Character
  }

  /// What is done.
  package enum Action: String, Sendable, CaseIterable {
    case readMetadata
    case readEntries
    case readFollowers
    case seeBanned
    case publish
    case reply
    case editOwn
    case editOther
    case retractOwn
    case retractOther
    case configure
    case createNode
    case delete
    case approve
    case ban
    case makePublisher
    case makeModerator
    case invite
  }

  /// All rows.
  package static let rows: [Row] = Action.allCases.flatMap { action in
    ["open", "authorize", "whitelist", "local"].map { model in row(action, model) }
  }

  private static func row(_ action: Action, _ model: String) -> Row {
    let (public_, private_, anonymous) = signs(of: action)
    let local = model == "open" || model == "local" ? public_ : private_
    let remote = model == "open" ? public_ : private_
    let nobody = model == "open" ? anonymous.open : anonymous.closed
    return Row(action: action, model: model, local: local, remote: remote, anonymous: nobody)
  }

  /// A sign per role where anybody may read, and where followers only may.
  private static func signs(
    of action: Action
  ) -> (public: String, private: String, anonymous: (open: Character, closed: Character)) {
    switch action {
    //                        ompfnPIUx    ompfnPIUx
    case .readMetadata: ("+++++++++", "+++++++++", ("+", "+"))
    case .readEntries, .readFollowers: ("++++++++f", "++++cwcuf", ("+", "a"))
    case .seeBanned: ("++fffffff", "++ffcwcuf", ("f", "a"))
    case .publish, .reply, .editOwn: ("+++ffffff", "+++fcwcuf", ("a", "a"))
    case .editOther, .retractOther: ("++fffffff", "++ffcwcuf", ("a", "a"))
    case .retractOwn: ("++++++++f", "++++++++f", ("a", "a"))
    case .configure, .createNode, .delete: ("+ffffffff", "+ffffffff", ("a", "a"))
    case .approve: ("++fffffff", "++fffffff", ("a", "a"))
    case .ban, .makePublisher: ("++aaaaaaa", "++aaaaaaa", ("a", "a"))
    case .makeModerator: ("+faaaaaaa", "+faaaaaaa", ("a", "a"))
    case .invite: ("++++fffff", "++++fffff", ("a", "a"))
    }
  }
}
