import Channels
import XMPP

/// The typed operations over one connection, inside its transaction. One file per part of the domain.
struct PostgreSQLTransaction: ChannelWriter {
  private let connection: PostgreSQLConnection
  private let isWanted: () -> Bool
  private let nodes = NodeKeys()

  /// - Parameter isWanted: Asked before each statement; where it says no the operation ends.
  init(_ connection: PostgreSQLConnection, isWanted: @escaping () -> Bool = { true }) {
    self.connection = connection
    self.isWanted = isWanted
  }

  private func checkThatItIsWanted() throws {
    guard isWanted() else { throw StoreFailure.cancelled }
  }

  func rows(_ sql: String, _ parameters: [PostgreSQLParameter]) throws -> [PostgreSQLRow] {
    try checkThatItIsWanted()
    return try connection.execute(sql, parameters).rows
  }

  func row(_ sql: String, _ parameters: [PostgreSQLParameter]) throws -> PostgreSQLRow? {
    try rows(sql, parameters).first
  }

  /// Runs a statement; gives how many rows were written.
  @discardableResult func run(_ sql: String, _ parameters: [PostgreSQLParameter]) throws -> Int {
    try checkThatItIsWanted()
    return try connection.execute(sql, parameters).affectedCount
  }

  /// The rows of a statement that is planned for its values, by what the server knows of their frequency.
  func plannedRows(_ sql: String, _ parameters: [PostgreSQLParameter]) throws -> [PostgreSQLRow] {
    try checkThatItIsWanted()
    try connection.command(
      """
      SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_sort = on; SET LOCAL enable_seqscan = on;
      SET LOCAL enable_hashjoin = on
      """)
    defer {
      // Where that fails the connection says so.
      _ = try? connection.command(
        """
        SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off;
        SET LOCAL enable_hashjoin = off
        """)
    }
    return try connection.executeOnce(sql, parameters).rows
  }

  /// How many rows there are, up to ``StoreBounds/maxCount``.
  /// - Parameter source: From `FROM` on.
  func count(_ source: String, _ parameters: [PostgreSQLParameter]) throws -> Int {
    let row = try row(
      "SELECT count(*) AS count FROM (SELECT 1 \(source) LIMIT \(StoreBounds.maxCount)) counted", parameters)
    return try row?.count("count") ?? 0
  }

  /// The row of a node. It is looked up once in a transaction.
  func key(of node: NodeID) throws -> Int64? {
    if let key = nodes.known[node] { return key }
    let key = try row(
      "SELECT id FROM nodes WHERE channel = $1 AND name = $2",
      [.text(node.channel.description), .text(node.name)])?.integer("id")
    if let key { nodes.known[node] = key }
    return key
  }

  /// The row of a node that has to be there.
  func requiredKey(of node: NodeID) throws -> Int64 {
    guard let key = try key(of: node) else {
      throw ChannelError(.itemNotFound, "there is no node \(node.path)")
    }
    return key
  }

  /// A node was removed.
  func forgetKey(of node: NodeID) { nodes.known[node] = nil }
}

/// The rows of nodes that an operation has met.
private final class NodeKeys {
  var known: [NodeID: Int64] = [:]
}

extension Affiliation {
  /// The affiliation of a rank that was stored; `none` for a number that means nothing.
  init(rank: Int) {
    self = Affiliation.allCases.first { $0.rank == rank } ?? .none
  }
}

extension PostgreSQLRow {
  func node() throws -> NodeID { NodeID(channel: JID(prepared: try text("channel")), name: try text("name")) }

  func time(_ name: String) throws -> Timestamp { Timestamp(milliseconds: try integer(name)) }

  func address(_ name: String) throws -> JID { JID(prepared: try text(name)) }

  func optionalAddress(_ name: String) throws -> JID? { try optionalText(name).map(JID.init(prepared:)) }
}
