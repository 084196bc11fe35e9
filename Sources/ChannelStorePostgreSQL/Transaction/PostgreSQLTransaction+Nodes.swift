import Channels
import XMPP

extension PostgreSQLTransaction {
  func metadata(of node: NodeID) throws -> NodeMetadata? {
    try row(
      "SELECT \(Self.nodeColumns) FROM nodes n WHERE n.channel = $1 AND n.name = $2",
      [.text(node.channel.description), .text(node.name)]
    ).map(metadata(in:))
  }

  /// What a node's metadata is read from.
  static let nodeColumns = """
    n.channel, n.name, n.title, n.description, n.access_model, n.default_affiliation, n.channel_type, n.created,
      n.creator, n.updated, n.advertised, n.ephemeral, n.publish_model, n.fields
    """

  func metadata(in row: PostgreSQLRow) throws -> NodeMetadata {
    NodeMetadata(
      title: try row.text("title"), description: try row.text("description"),
      // A value that means nothing is the strictest one.
      accessModel: AccessModel(rawValue: try row.text("access_model")) ?? .whitelist,
      defaultAffiliation: Affiliation(rank: try row.count("default_affiliation")),
      channelType: try row.optionalText("channel_type").flatMap(ChannelType.init(rawValue:)),
      creationDate: try row.time("created"), creator: try row.optionalAddress("creator"),
      lastUpdated: try row.optionalInteger("updated").map(Timestamp.init(milliseconds:)),
      isAdvertised: try row.bool("advertised"), isEphemeral: try row.bool("ephemeral"),
      publishModel: PublishModel(rawValue: try row.text("publish_model")) ?? .publishers,
      others: ConfigurationField.decoded(try row.optionalText("fields")))
  }

  func nodes(of channel: JID) throws -> [NodeID] {
    try rows(
      "SELECT channel, name FROM nodes WHERE channel = $1 ORDER BY channel, name", [.text(channel.bare.description)]
    ).map { try $0.node() }
  }

  func insert(_ node: NodeID, _ metadata: NodeMetadata) throws {
    let count = try run(
      """
      INSERT INTO nodes (channel, name, domain, title, description, access_model, default_affiliation, channel_type,
        created, creator, updated, advertised, ephemeral, publish_model, fields, words)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::tsvector) ON CONFLICT DO NOTHING
      """,
      [
        .text(node.channel.description), .text(node.name), .text(node.channel.domain), .text(metadata.title),
        .text(metadata.description), .text(metadata.accessModel.rawValue), .integer(metadata.defaultAffiliation.rank),
        .text(metadata.channelType?.rawValue), .integer(metadata.creationDate.milliseconds),
        .text(metadata.creator?.bare.description), .integer(metadata.lastUpdated?.milliseconds),
        .bool(metadata.isAdvertised), .bool(metadata.isEphemeral), .text(metadata.publishModel.rawValue),
        .text(ConfigurationField.encoded(metadata.others)), .text(Self.words(of: node, metadata)),
      ])
    guard count == 1 else { throw ChannelError(.conflict, "there is a node \(node.path) already") }
  }

  /// What a channel is found by; `nil` for its other nodes.
  private static func words(of node: NodeID, _ metadata: NodeMetadata) -> String? {
    guard node.name == "posts" else { return nil }
    return SearchWords.index([node.channel.description, metadata.title, metadata.description])
  }

  func update(_ metadata: NodeMetadata, of node: NodeID) throws {
    try run(
      """
      UPDATE nodes SET title = $1, description = $2, access_model = $3, default_affiliation = $4, creator = $5,
        updated = $6, advertised = $7, ephemeral = $8, publish_model = $9, fields = $10, words = $11::tsvector
      WHERE id = $12
      """,
      [
        .text(metadata.title), .text(metadata.description), .text(metadata.accessModel.rawValue),
        .integer(metadata.defaultAffiliation.rank), .text(metadata.creator?.bare.description),
        .integer(metadata.lastUpdated?.milliseconds), .bool(metadata.isAdvertised), .bool(metadata.isEphemeral),
        .text(metadata.publishModel.rawValue), .text(ConfigurationField.encoded(metadata.others)),
        .text(Self.words(of: node, metadata)), .integer(try requiredKey(of: node)),
      ])
  }

  func delete(_ node: NodeID) throws {
    try run("DELETE FROM nodes WHERE id = $1", [.integer(try requiredKey(of: node))])
    forgetKey(of: node)
  }
}
