/// The connection of one thread: opened when it is needed, and again after it was lost.
///
/// **Isolation**: one thread.
final class ConnectionSlot {
  private let opener: ConnectionOpener
  private var connection: PostgreSQLConnection?

  init(_ opener: ConnectionOpener) {
    self.opener = opener
  }

  /// The connection, without a failure of before.
  func current() throws(PostgreSQLFailure) -> PostgreSQLConnection {
    if let connection, connection.isAlive {
      connection.forgetFailure()
      return connection
    }
    connection = nil
    let opened = try opener.open()
    connection = opened
    return opened
  }

  /// Gives the connection up.
  func discard() { connection = nil }

  /// Ends a transaction without effect; a connection that can't even do that is given up.
  func rollBack() {
    guard let connection else { return }
    connection.forgetFailure()
    if (try? connection.command("ROLLBACK")) == nil { discard() }
  }
}
