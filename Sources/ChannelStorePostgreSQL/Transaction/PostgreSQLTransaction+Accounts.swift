import Channels
import XMPP

extension PostgreSQLTransaction {
  func account(_ user: JID) throws -> Account? {
    try row("SELECT * FROM accounts WHERE \"user\" = $1", [.text(user.bare.description)]).map { row in
      Account(
        user: try row.address("user"), email: try row.text("email"),
        credentials: Account.Credentials(
          salt: try row.bytes("salt"), iterations: try row.count("iterations"), storedKey: try row.bytes("stored_key"),
          serverKey: try row.bytes("server_key")),
        created: try row.time("created"))
    }
  }

  func accounts(after user: JID?, max: Int) throws -> [JID] {
    try rows(
      "SELECT \"user\" FROM accounts WHERE \"user\" > $1 ORDER BY \"user\" LIMIT $2",
      [.text(user?.bare.description ?? ""), .integer(max)]
    ).map { try $0.address("user") }
  }

  func insert(_ account: Account) throws {
    let credentials = account.credentials
    let count = try run(
      """
      INSERT INTO accounts ("user", email, salt, iterations, stored_key, server_key, created)
      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
      """,
      [
        .text(account.user.description), .text(account.email), .bytes(credentials.salt),
        .integer(credentials.iterations), .bytes(credentials.storedKey), .bytes(credentials.serverKey),
        .integer(account.created.milliseconds),
      ])
    guard count == 1 else { throw ChannelError(.conflict, "there is an account \(account.user) already") }
  }

  func update(_ credentials: Account.Credentials, of user: JID) throws {
    let count = try run(
      "UPDATE accounts SET salt = $1, iterations = $2, stored_key = $3, server_key = $4 WHERE \"user\" = $5",
      [
        .bytes(credentials.salt), .integer(credentials.iterations), .bytes(credentials.storedKey),
        .bytes(credentials.serverKey), .text(user.bare.description),
      ])
    guard count == 1 else { throw ChannelError(.itemNotFound, "there is no account \(user.bare)") }
  }

  func deleteAccount(_ user: JID) throws {
    let count = try run("DELETE FROM accounts WHERE \"user\" = $1", [.text(user.bare.description)])
    guard count == 1 else { throw ChannelError(.itemNotFound, "there is no account \(user.bare)") }
  }
}
