import Channels
import XMPP

extension LocalSession {
  func metadata(of node: NodeID) async throws(ChannelError) -> NodeMetadata {
    try await server.store.read { store in try view(of: node, in: store).metadata }
  }

  func configure(_ node: NodeID, _ changes: NodeConfiguration) async throws(ChannelError) {
    _ = try knownUser()
    try await server.commit { store, events in
      let view = try view(of: node, in: store)
      try view.require(.configure, "only owners configure a node")
      var metadata = view.metadata
      // What is fixed at creation stays, whatever the form says.
      var changes = changes
      changes.isEphemeral = nil
      try apply(changes, to: &metadata, of: node)
      metadata.lastUpdated = events.time
      try store.update(metadata, of: node)
      try events.configured(node, from: view.metadata, to: metadata)
    }
  }

  /// Changes what an owner says about a node. Texts are cut to their bounds.
  private func apply(
    _ changes: NodeConfiguration, to metadata: inout NodeMetadata, of node: NodeID
  ) throws(ChannelError) {
    let limits = configuration.limits
    let defaults = configuration.metadata(
      of: node, type: configuration.type(of: node.channel), created: metadata.creationDate)
    for key in changes.resets {
      switch key {
      case .title: metadata.title = defaults.title
      case .description: metadata.description = defaults.description
      case .accessModel: metadata.accessModel = defaults.accessModel
      case .defaultAffiliation where !metadata.isEphemeral: metadata.defaultAffiliation = defaults.defaultAffiliation
      case .publishModel: metadata.publishModel = defaults.publishModel
      case .isAdvertised: metadata.isAdvertised = !metadata.isEphemeral
      default: break
      }
    }
    if let title = changes.title { metadata.title = String(title.prefix(limits.maxTitleCharacters)) }
    if let description = changes.description {
      metadata.description = String(description.prefix(limits.maxDescriptionCharacters))
    }
    if let model = changes.accessModel { metadata.accessModel = model }
    if let model = changes.publishModel { metadata.publishModel = model }
    if let isAdvertised = changes.isAdvertised { metadata.isAdvertised = isAdvertised }
    if let affiliation = changes.defaultAffiliation {
      guard affiliation == .member || affiliation == .publisher else {
        throw ChannelError(.badRequest, "the default affiliation is member or publisher")
      }
      if !metadata.isEphemeral { metadata.defaultAffiliation = affiliation }
    }
    try keep(changes.others, in: &metadata)
  }

  /// Fields that mean nothing here are kept as they came, up to a bound.
  private func keep(_ others: [ConfigurationField], in metadata: inout NodeMetadata) throws(ChannelError) {
    let limits = configuration.limits
    for field in others {
      metadata.others.removeAll { $0.name == field.name }
      if !field.values.isEmpty { metadata.others.append(field) }
    }
    metadata.others.sort { $0.name < $1.name }
    guard metadata.others.count <= limits.maxConfigurationFields else {
      throw ChannelError(.policyViolation, "a node keeps at most \(limits.maxConfigurationFields) fields of others")
    }
    let bytes = metadata.others.reduce(0) { sum, field in
      field.values.reduce(sum + field.name.utf8.count) { $0 + $1.utf8.count }
    }
    guard bytes <= limits.maxConfigurationBytes else {
      throw ChannelError(
        .policyViolation, "the fields of others have at most \(limits.maxConfigurationBytes) bytes together")
    }
  }

  func createTopicChannel(_ channel: JID) async throws(ChannelError) {
    try await createTopicChannel(channel, NodeConfiguration())
  }

  private func createTopicChannel(
    _ channel: JID, _ wanted: NodeConfiguration
  ) async throws(ChannelError) {
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
    var metadata = configuration.metadata(of: node, type: .topic, created: server.stamp(), creator: user)
    if wanted.isEphemeral == true {
      (metadata.isEphemeral, metadata.isAdvertised, metadata.defaultAffiliation) = (true, false, .moderator)
    }
    try apply(wanted, to: &metadata, of: node)
    let created = metadata
    let maxOwned = configuration.limits.maxOwnedChannels
    try await server.store.write { store in
      guard try store.ownedChannels(of: user).count < maxOwned else {
        throw ChannelError(.policyViolation, "a user owns at most \(maxOwned) channels")
      }
      try store.insert(node, created)
      try own(node, in: store)
    }
  }

  /// Makes the user the owner of a new node, of which nobody else hears yet.
  private func own(_ node: NodeID, in store: any ChannelWriter) throws {
    guard let user else { return }
    try store.set(
      StoredMembership(Membership(node: node, user: user, affiliation: .owner, subscription: .subscribed)))
  }

  func createNode(_ node: NodeID) async throws(ChannelError) {
    try await createNode(node, NodeConfiguration())
  }

  func createNode(_ node: NodeID, _ wanted: NodeConfiguration) async throws(ChannelError) {
    let user = try knownUser()
    try checkName(of: node)
    if node.name == "posts", node.channel.domain == configuration.topicsDomain {
      return try await createTopicChannel(node.channel, wanted)
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
        of: node, type: configuration.type(of: node.channel), created: created, creator: user)
      // A new node is as private as its channel, and its followers are the channel's.
      metadata.accessModel = view.metadata.accessModel
      metadata.defaultAffiliation = view.metadata.defaultAffiliation
      metadata.isEphemeral = view.metadata.isEphemeral
      metadata.isAdvertised = view.metadata.isAdvertised
      try apply(wanted, to: &metadata, of: node)
      try store.insert(node, metadata)
      try store.copyMemberships(from: posts, to: node)
      try own(node, in: store)
    }
  }

  func deleteChannel(_ channel: JID) async throws(ChannelError) {
    _ = try knownUser()
    let channel = channel.bare
    let domain = configuration.domain
    try await server.commit { store, events in
      let view = try view(of: NodeID(channel: channel, name: "posts"), in: store)
      try checkDeleting(view)
      guard channel.domain != domain else {
        throw ChannelError(.notAllowed, "a personal channel goes with its account")
      }
      try events.deleteChannel(channel)
    }
  }

  /// The checks of channel-server §9.2, in its order.
  private func checkDeleting(_ view: NodeView) throws(ChannelError) {
    guard !view.metadata.isEphemeral else {
      throw ChannelError(
        .notAllowed, "an ephemeral channel goes with its last follower", application: .canNotDeleteEphemeralNode)
    }
    try view.require(.deleteNode, "only owners delete a node")
  }

  func deleteNode(_ node: NodeID) async throws(ChannelError) {
    _ = try knownUser()
    if node.name == "posts" { return try await deleteChannel(node.channel) }
    let configuration = configuration
    try await server.commit { store, events in
      try checkDeleting(try view(of: node, in: store))
      let isPersonal = node.channel.domain == configuration.domain
      guard !(isPersonal && configuration.nodes.personalNodes.contains(node.name)) else {
        throw ChannelError(.notAllowed, "the nodes of a personal channel go with its account")
      }
      try events.delete(node)
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
        "a node's name has 1 to \(configuration.limits.maxNodeNameBytes) bytes and no slashes, commas or spaces",
        application: .invalidNodeFormat)
    }
    guard configuration.hosts(node.channel), node.channel.local != nil else {
      throw ChannelError(
        .notAllowed, "channels of this server are of \(configuration.domain) and \(configuration.topicsDomain)")
    }
  }
}
