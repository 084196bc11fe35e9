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
      creationDate: Timestamp(milliseconds: row["created"]))
  }

  func nodes(of channel: JID) throws -> [NodeID] {
    try rows("SELECT channel, name FROM nodes WHERE channel = ? ORDER BY name", [channel.bare.description]).map(\.node)
  }

  func insert(_ node: NodeID, _ metadata: NodeMetadata) throws {
    do {
      try run(
        """
        INSERT INTO nodes (channel, name, title, description, access_model, default_affiliation, channel_type, created)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          node.channel.description, node.name, metadata.title, metadata.description, metadata.accessModel.rawValue,
          metadata.defaultAffiliation.rank, metadata.channelType?.rawValue, metadata.creationDate.milliseconds,
        ])
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      throw ChannelError(.conflict, "there is a node \(node.path) already")
    }
  }

  func update(_ metadata: NodeMetadata, of node: NodeID) throws {
    try run(
      "UPDATE nodes SET title = ?, description = ?, access_model = ?, default_affiliation = ? WHERE id = ?",
      [
        metadata.title, metadata.description, metadata.accessModel.rawValue, metadata.defaultAffiliation.rank,
        try requiredKey(of: node),
      ])
  }

  func delete(_ node: NodeID) throws {
    try run("DELETE FROM nodes WHERE id = ?", [try requiredKey(of: node)])
  }
}
