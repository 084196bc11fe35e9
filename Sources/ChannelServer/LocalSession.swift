import Channels
import XMPP

/// What one user, or nobody, asks of a channel server in the same process.
///
/// Each operation checks and acts in one transaction. One file per part of `ChannelSession`.
struct LocalSession: ChannelSession {
  let server: ChannelServer
  /// A bare JID.
  let user: JID?
  /// Where the events of a user of another domain go.
  var listener: JID?

  var configuration: ChannelServerConfiguration { server.configuration }

  /// Who asks, where somebody has to.
  func knownUser() throws(ChannelError) -> JID {
    guard let user else { throw ChannelError(.notAuthorized, "log in to do this") }
    return user
  }

  /// A node with what it says about itself and what the asker is to it.
  func view(of node: NodeID, in store: any ChannelReader) throws -> NodeView {
    guard let metadata = try store.metadata(of: node) else {
      throw ChannelError(.itemNotFound, "there is no node \(node.path)")
    }
    guard let user else { return NodeView(metadata: metadata, standing: .anonymous) }
    let membership = try store.membership(of: user, in: node)?.membership
    return NodeView(metadata: metadata, standing: standing(of: user, membership))
  }

  /// What a membership makes of its user.
  func standing(of user: JID, _ membership: Membership?) -> Permissions.Standing {
    Permissions.Standing(
      affiliation: membership?.affiliation ?? .none, subscription: membership?.subscription ?? .none,
      isLocal: configuration.isLocal(user))
  }

  /// Runs reads after checking that the asker may read the node.
  func reading<Value: Sendable>(
    _ node: NodeID, _ body: @escaping @Sendable (any ChannelReader, NodeView) throws -> Value
  ) async throws(ChannelError) -> Value {
    try await server.store.read { store in
      let view = try view(of: node, in: store)
      if let refusal = view.readingRefusal { throw refusal }
      return try body(store, view)
    }
  }

  func queue(for node: NodeID?) async throws(ChannelError) -> EventQueue {
    guard let node else { return user.map { .user($0) } ?? .anonymous }
    return try await reading(node) { _, view in
      switch view.metadata.accessModel {
      case .open: return .node(node)
      case .local where view.standing.isLocal: return server.localQueue(of: node)
      case .local, .authorize, .whitelist:
        guard let user else { throw ChannelError(.notAuthorized, "log in to do this") }
        return .member(user, node)
      }
    }
  }
}

/// A node as one asker sees it.
struct NodeView: Sendable {
  let metadata: NodeMetadata
  let standing: Permissions.Standing

  func allows(_ action: Permissions.Action) -> Bool {
    Permissions.allows(
      action, standing, accessModel: metadata.accessModel, publishModel: metadata.publishModel)
  }

  var readingRefusal: ChannelError? {
    Permissions.viewRefusal(standing, accessModel: metadata.accessModel)
  }

  /// `forbidden` with the text, unless the action is allowed.
  func require(_ action: Permissions.Action, _ text: String) throws(ChannelError) {
    guard allows(action) else { throw ChannelError(.forbidden, text) }
  }
}
