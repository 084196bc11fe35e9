import Channels
import GRDB
import XMPP

/// The typed operations over one connection, inside its transaction. One file per part of the domain.
struct SQLiteTransaction: ChannelWriter {
  let db: Database

  init(_ db: Database) {
    self.db = db
  }

  func rows(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
    try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
  }

  func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
    try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
  }

  func run(_ sql: String, _ arguments: StatementArguments) throws {
    try db.cachedStatement(sql: sql).execute(arguments: arguments)
  }

  /// The row of a node.
  func key(of node: NodeID) throws -> Int64? {
    try row("SELECT id FROM nodes WHERE channel = ? AND name = ?", [node.channel.description, node.name])?["id"]
  }

  /// The row of a node that has to be there.
  func requiredKey(of node: NodeID) throws -> Int64 {
    guard let key = try key(of: node) else {
      throw ChannelError(.itemNotFound, "there is no node \(node.path)")
    }
    return key
  }
}

extension Affiliation {
  /// The affiliation of a rank that was stored; `none` for a number that means nothing.
  init(rank: Int) {
    self = Affiliation.allCases.first { $0.rank == rank } ?? .none
  }
}

extension Row {
  var node: NodeID { NodeID(channel: JID(prepared: self["channel"]), name: self["name"]) }
}
