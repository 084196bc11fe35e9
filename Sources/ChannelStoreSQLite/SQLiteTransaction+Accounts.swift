import Channels
import Foundation
import GRDB
import XMPP

extension SQLiteTransaction {
  func account(_ user: JID) throws -> Account? {
    guard let row = try row("SELECT * FROM accounts WHERE user = ?", [user.bare.description]) else { return nil }
    return Account(
      user: JID(prepared: row["user"]), email: row["email"],
      credentials: Account.Credentials(
        salt: bytes(row["salt"]), iterations: row["iterations"], storedKey: bytes(row["stored_key"]),
        serverKey: bytes(row["server_key"])),
      created: Timestamp(milliseconds: row["created"]))
  }

  func accounts(after user: JID?, max: Int) throws -> [JID] {
    try rows(
      "SELECT user FROM accounts WHERE user > ? ORDER BY user LIMIT ?", [user?.bare.description ?? "", max]
    ).map { JID(prepared: $0["user"]) }
  }

  func insert(_ account: Account) throws {
    let credentials = account.credentials
    do {
      try run(
        """
        INSERT INTO accounts (user, email, salt, iterations, stored_key, server_key, created)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        [
          account.user.description, account.email, Data(credentials.salt), credentials.iterations,
          Data(credentials.storedKey), Data(credentials.serverKey), account.created.milliseconds,
        ])
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      throw ChannelError(.conflict, "there is an account \(account.user) already")
    }
  }

  func update(_ credentials: Account.Credentials, of user: JID) throws {
    try run(
      "UPDATE accounts SET salt = ?, iterations = ?, stored_key = ?, server_key = ? WHERE user = ?",
      [
        Data(credentials.salt), credentials.iterations, Data(credentials.storedKey), Data(credentials.serverKey),
        user.bare.description,
      ])
    guard db.changesCount == 1 else { throw ChannelError(.itemNotFound, "there is no account \(user.bare)") }
  }

  func deleteAccount(_ user: JID) throws {
    try run("DELETE FROM accounts WHERE user = ?", [user.bare.description])
    guard db.changesCount == 1 else { throw ChannelError(.itemNotFound, "there is no account \(user.bare)") }
  }

  private func bytes(_ data: Data) -> [UInt8] { Array(data) }
}
