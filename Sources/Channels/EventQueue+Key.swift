import XMPP

extension EventQueue {
  /// The queue's name in a store.
  ///
  /// **Shape**: `anonymous`, `node:CHANNEL/NAME`, `user:JID`, `member:JID CHANNEL/NAME`, `notices:JID`,
  /// `remote:DOMAIN`, `control`. An address contains no space.
  package var key: String {
    switch self {
    case .anonymous: "anonymous"
    case .node(let node): "node:\(node.path)"
    case .user(let user): "user:\(user.bare)"
    case .member(let user, let node): "member:\(user.bare) \(node.path)"
    case .notices(let user): "notices:\(user.bare)"
    case .remote(let domain): "remote:\(domain)"
    case .control: "control"
    }
  }

  /// The queue of a name that a store gives back.
  package init?(key: String) {
    switch key {
    case "anonymous":
      self = .anonymous
      return
    case "control":
      self = .control
      return
    default: break
    }
    guard let colon = key.firstIndex(of: ":") else { return nil }
    let rest = key[key.index(after: colon)...]
    switch key[..<colon] {
    case "node":
      guard let node = NodeID(preparedPath: rest) else { return nil }
      self = .node(node)
    case "user": self = .user(JID(prepared: String(rest)))
    case "notices": self = .notices(JID(prepared: String(rest)))
    case "remote": self = .remote(domain: String(rest))
    case "member":
      guard let space = rest.firstIndex(of: " "),
        let node = NodeID(preparedPath: rest[rest.index(after: space)...])
      else { return nil }
      self = .member(JID(prepared: String(rest[..<space])), node)
    default: return nil
    }
  }
}

extension NodeID {
  /// Reads `channel/name` as a store gives it back: not checked again.
  package init?(preparedPath: Substring) {
    guard let slash = preparedPath.firstIndex(of: "/") else { return nil }
    self.init(
      channel: JID(prepared: String(preparedPath[..<slash])),
      name: String(preparedPath[preparedPath.index(after: slash)...]))
  }
}
