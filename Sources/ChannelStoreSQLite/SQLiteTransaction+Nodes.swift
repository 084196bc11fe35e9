import Channels
import GRDB
import XMPP

extension SQLiteTransaction {
  func metadata(of node: NodeID) throws -> NodeMetadata? {
    try row("SELECT * FROM nodes WHERE channel = ? AND name = ?", [node.channel.description, node.name])
      .map(metadata(in:))
  }

  func metadata(in row: Row) -> NodeMetadata {
    NodeMetadata(
      title: row["title"], description: row["description"],
      // A value that means nothing is the strictest one.
      accessModel: AccessModel(rawValue: row["access_model"]) ?? .whitelist,
      defaultAffiliation: Affiliation(rank: row["default_affiliation"]),
      channelType: (row["channel_type"] as String?).flatMap(ChannelType.init(rawValue:)),
      creationDate: Timestamp(milliseconds: row["created"]),
      creator: (row["creator"] as String?).map(JID.init(prepared:)),
      lastUpdated: (row["updated"] as Int64?).map(Timestamp.init(milliseconds:)),
      isAdvertised: row["advertised"], isEphemeral: row["ephemeral"],
      publishModel: PublishModel(rawValue: row["publish_model"]) ?? .publishers,
      others: ConfigurationField.decoded(row["fields"]))
  }

  func nodes(of channel: JID) throws -> [NodeID] {
    try rows("SELECT channel, name FROM nodes WHERE channel = ? ORDER BY name", [channel.bare.description]).map(\.node)
  }

  func insert(_ node: NodeID, _ metadata: NodeMetadata) throws {
    do {
      try run(
        """
        INSERT INTO nodes (channel, name, domain, title, description, access_model, default_affiliation, channel_type,
          created, creator, updated, advertised, ephemeral, publish_model, fields)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          node.channel.description, node.name, node.channel.domain, metadata.title, metadata.description,
          metadata.accessModel.rawValue, metadata.defaultAffiliation.rank, metadata.channelType?.rawValue,
          metadata.creationDate.milliseconds, metadata.creator?.bare.description, metadata.lastUpdated?.milliseconds,
          metadata.isAdvertised, metadata.isEphemeral, metadata.publishModel.rawValue,
          ConfigurationField.encoded(metadata.others),
        ])
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      throw ChannelError(.conflict, "there is a node \(node.path) already")
    }
  }

  func update(_ metadata: NodeMetadata, of node: NodeID) throws {
    try run(
      """
      UPDATE nodes SET title = ?, description = ?, access_model = ?, default_affiliation = ?, creator = ?, updated = ?,
        advertised = ?, ephemeral = ?, publish_model = ?, fields = ? WHERE id = ?
      """,
      [
        metadata.title, metadata.description, metadata.accessModel.rawValue, metadata.defaultAffiliation.rank,
        metadata.creator?.bare.description, metadata.lastUpdated?.milliseconds, metadata.isAdvertised,
        metadata.isEphemeral, metadata.publishModel.rawValue, ConfigurationField.encoded(metadata.others),
        try requiredKey(of: node),
      ])
  }

  func delete(_ node: NodeID) throws {
    try run("DELETE FROM nodes WHERE id = ?", [try requiredKey(of: node)])
  }
}
