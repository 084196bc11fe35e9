import Channels
import XMPP

extension LocalSession {
  func metadata(of node: NodeID) async throws(ChannelError) -> NodeMetadata {
    try await server.store.read { store in try view(of: node, in: store).metadata }
  }

  func configure(_ node: NodeID, _ changes: NodeConfiguration) async throws(ChannelError) {
    _ = try knownUser()
    let limits = configuration.limits
    try await server.store.write { store in
      let view = try view(of: node, in: store)
      try view.require(.configure, "only owners configure a node")
      var metadata = view.metadata
      if let title = changes.title { metadata.title = String(title.prefix(limits.maxTitleCharacters)) }
      if let description = changes.description {
        metadata.description = String(description.prefix(limits.maxDescriptionCharacters))
      }
      if let model = changes.accessModel { metadata.accessModel = model }
      if let affiliation = changes.defaultAffiliation {
        guard affiliation == .member || affiliation == .publisher else {
          throw ChannelError(.badRequest, "the default affiliation is member or publisher")
        }
        metadata.defaultAffiliation = affiliation
      }
      try store.update(metadata, of: node)
    }
  }

  func createTopicChannel(_ channel: JID) async throws(ChannelError) {
    let user = try knownUser()
    let channel = channel.bare
    guard configuration.isLocal(user) else {
      throw ChannelError(.forbidden, "channels of this server are made by its own users")
    }
    guard channel.domain == configuration.topicsDomain, let local = channel.local else {
      throw ChannelError(.notAllowed, "a topic channel is NAME@\(configuration.topicsDomain)")
    }
    guard local.utf8.count <= configuration.maxNameBytes else {
      throw ChannelError(.badRequest, "a channel's name has at most \(configuration.maxNameBytes) bytes")
    }
    let node = NodeID(channel: channel, name: "posts")
    let metadata = configuration.metadata(of: node, type: .topic, created: server.stamp())
    let maxOwned = configuration.limits.maxOwnedChannels
    try await server.store.write { store in
      guard try store.ownedChannels(of: user).count < maxOwned else {
        throw ChannelError(.policyViolation, "a user owns at most \(maxOwned) channels")
      }
      try store.insert(node, metadata)
      try store.set(
        StoredMembership(Membership(node: node, user: user, affiliation: .owner, subscription: .subscribed)))
    }
  }

  func createNode(_ node: NodeID) async throws(ChannelError) {
    let user = try knownUser()
    try checkName(of: node)
    if node.name == "posts", node.channel.domain == configuration.topicsDomain {
      return try await createTopicChannel(node.channel)
    }
    let created = server.stamp()
    let configuration = configuration
    try await server.store.write { store in
      let posts = NodeID(channel: node.channel, name: "posts")
      let view = try view(of: posts, in: store)
      try view.require(.configure, "only owners of a channel make nodes in it")
      guard try store.nodes(of: node.channel).count < configuration.limits.maxNodes else {
        throw ChannelError(.policyViolation, "a channel has at most \(configuration.limits.maxNodes) nodes")
      }
      var metadata = configuration.metadata(
        of: node, type: node.channel.domain == configuration.domain ? .personal : .topic, created: created)
      // A new node is as private as its channel, and its followers are the channel's.
      metadata.accessModel = view.metadata.accessModel
      metadata.defaultAffiliation = view.metadata.defaultAffiliation
      try store.insert(node, metadata)
      try store.copyMemberships(from: posts, to: node)
      try store.set(
        StoredMembership(Membership(node: node, user: user, affiliation: .owner, subscription: .subscribed)))
    }
  }

  func deleteChannel(_ channel: JID) async throws(ChannelError) {
    _ = try knownUser()
    let channel = channel.bare
    let domain = configuration.domain
    try await server.store.write { store in
      let view = try view(of: NodeID(channel: channel, name: "posts"), in: store)
      try view.require(.deleteNode, "only owners delete a channel")
      guard channel.domain != domain else {
        throw ChannelError(.notAllowed, "a personal channel goes with its account")
      }
      for node in try store.nodes(of: channel) { try store.delete(node) }
    }
  }

  func deleteNode(_ node: NodeID) async throws(ChannelError) {
    _ = try knownUser()
    if node.name == "posts" { return try await deleteChannel(node.channel) }
    let configuration = configuration
    try await server.store.write { store in
      let view = try view(of: node, in: store)
      try view.require(.deleteNode, "only owners delete a node")
      let isPersonal = node.channel.domain == configuration.domain
      guard !(isPersonal && configuration.nodes.personalNodes.contains(node.name)) else {
        throw ChannelError(.notAllowed, "the nodes of a personal channel go with its account")
      }
      try store.delete(node)
    }
  }

  /// A created node's name is one segment (channel-server §9.1).
  private func checkName(of node: NodeID) throws(ChannelError) {
    let isAccepted = node.name.unicodeScalars.allSatisfy { scalar in
      scalar != "/" && scalar != "," && !scalar.properties.isWhitespace
        && ![.control, .format, .surrogate, .unassigned, .privateUse].contains(scalar.properties.generalCategory)
    }
    guard isAccepted, (1...configuration.limits.maxNodeNameBytes).contains(node.name.utf8.count) else {
      throw ChannelError(
        .badRequest,
        "a node's name has 1 to \(configuration.limits.maxNodeNameBytes) bytes and no slashes, commas or spaces")
    }
    guard configuration.hosts(node.channel), node.channel.local != nil else {
      throw ChannelError(
        .notAllowed, "channels of this server are of \(configuration.domain) and \(configuration.topicsDomain)")
    }
  }
}
