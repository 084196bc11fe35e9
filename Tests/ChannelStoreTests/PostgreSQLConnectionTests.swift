import Channels
import TestKit
import Testing

@testable import ChannelStorePostgreSQL

@Suite("PostgreSQL: connections") struct PostgreSQLConnectionTests {
  private func connect() throws -> PostgreSQLConnection {
    try PostgreSQLConnection(
      ConnectionString(PostgreSQLServer.shared.get().url()),
      PostgreSQLConnection.Settings(connectTimeoutSeconds: 5, statementTimeoutSeconds: 10, lockTimeoutSeconds: 5))
  }

  @Test func `values go there and come back as they are`() throws {
    let connection = try connect()
    let integers = [0, 1, -1, Int64.max, Int64.min, 256, -129]
    for integer in integers {
      let row = try connection.execute("SELECT $1 AS a", [.integer(integer)]).rows.first
      #expect(try row?.integer("a") == integer)
    }
    for text in ["", "a", "\u{1F600} ä <b>", "'", "\\", String(repeating: "x", count: 1_000_000)] {
      let row = try connection.execute("SELECT $1 AS a", [.text(text)]).rows.first
      #expect(try row?.text("a") == text)
      #expect(try row?.bytes("a") == Array(text.utf8))
    }
    let bytes = (0...255).map { UInt8($0) }
    let row = try connection.execute(
      "SELECT $1 AS bytes, $2 AS none, $3 AS nothing, $4 AS yes, $5 AS no, $6 AS empty",
      [.bytes(bytes), .text(nil), .integer(nil), .bool(true), .bool(false), .bytes([])]
    ).rows.first
    let found = try #require(row)
    #expect(try found.bytes("bytes") == bytes)
    #expect(try found.optionalText("none") == nil)
    #expect(try found.optionalInteger("nothing") == nil)
    #expect(try found.bool("yes"))
    #expect(try !found.bool("no"))
    #expect(try found.bytes("empty") == [])
    #expect(throws: ChannelError.self) { try found.text("none") }
    #expect(throws: ChannelError.self) { try found.text("not there") }
    #expect(throws: ChannelError.self) { try found.integer("bytes") }
  }

  @Test func `lists go there as they are`() throws {
    let connection = try connect()
    for texts in [[], ["a"], ["", nil, "ä b", "{\"}"]] as [[String?]] {
      let rows = try connection.execute("SELECT t FROM unnest($1::text[]) AS t", [.texts(texts)]).rows
      #expect(try rows.map { try $0.optionalText("t") } == texts)
    }
    for numbers in [[], [1, -5, Int64.max]] as [[Int64]] {
      let rows = try connection.execute("SELECT n FROM unnest($1::bigint[]) AS n", [.integers(numbers)]).rows
      #expect(try rows.map { try $0.integer("n") } == numbers)
    }
    let small = try connection.execute("SELECT 7::smallint AS a, (-7)::integer AS b", []).rows.first
    #expect(try small?.integer("a") == 7)
    #expect(try small?.integer("b") == -7)
  }

  @Test func `an error has the server's state, and ends what follows until it is forgotten`() throws {
    let connection = try connect()
    let first = #expect(throws: PostgreSQLFailure.self) { try connection.execute("SELECT 1 / $1", [.integer(0)]) }
    #expect(first?.state == "22012")
    #expect(first?.kind == .refused)
    #expect(throws: PostgreSQLFailure.self) { try connection.execute("SELECT 1 AS a", []) }
    #expect(connection.failure == first)
    connection.forgetFailure()
    #expect(try connection.execute("SELECT 1 AS a", []).rows.first?.integer("a") == 1)
    #expect(throws: PostgreSQLFailure.self) { try connection.command("SELEC") }
  }

  @Test func `a transaction that has failed says so at its commit`() throws {
    let connection = try connect()
    try connection.command("BEGIN")
    _ = try? connection.execute("SELECT 1 / $1", [.integer(0)])
    connection.forgetFailure()
    #expect(try connection.command("COMMIT") == "ROLLBACK")
  }

  @Test func `more statements than are kept prepared work, too`() throws {
    let connection = try connect()
    for number in 0..<900 {
      #expect(try connection.execute("SELECT \(number) AS a", []).rows.first?.count("a") == number)
    }
    #expect(try connection.execute("SELECT 0 AS a", []).rows.first?.count("a") == 0)
  }

  @Test func `a server that is silent is given up, and the connection with it`() throws {
    let listener = try Listener()
    let error = #expect(throws: PostgreSQLFailure.self) {
      try PostgreSQLConnection(
        ConnectionString("postgresql://a@\(listener.address)/b?connect_timeout=2"),
        PostgreSQLConnection.Settings(connectTimeoutSeconds: 2, statementTimeoutSeconds: 1, lockTimeoutSeconds: 1))
    }
    #expect(error?.kind == .lost)
  }

  @Test(arguments: [
    (
      "postgresql://alice:wherefore@db.example:5433/social?sslmode=require",
      "user=alice password=****** dbname=social host=db.example port=5433 sslmode=require"
    ),
    ("postgres://alice@/social?host=/run/db", "user=alice dbname=social host=/run/db"),
    (
      "host=db.example dbname='so cial' password='it''s' user=alice",
      "user=alice password=****** dbname='so cial' host=db.example"
    ),
    ("postgresql:///", ""),
  ])
  func `a connection string prints without its secrets`(text: String, shown: String) throws {
    let string = try ConnectionString(text.replacing("''", with: "\\'"))
    #expect(ConnectionString.isMeant(by: text))
    for printed in ["\(string)", String(reflecting: string), String(describing: string)] { #expect(printed == shown) }
    var dumped = ""
    dump(string, to: &dumped)
    #expect(!dumped.contains("wherefore") && !dumped.contains("it's"))
  }

  @Test(arguments: [
    "", "postgresql://alice:wherefore%@db/social", "postgresql://alice:wherefore@[db/social", "host",
    "host=a wherefore", "password='wherefore", "postgresql://db/social?wherewithal=1", "host=a\u{0}b",
  ])
  func `one that is wrong is told in words, without what may be a secret`(text: String) {
    let error = #expect(throws: ChannelError.self) { try ConnectionString(text) }
    #expect(error?.code == .badRequest)
    #expect(error?.description.contains("it is postgresql://USER@HOST:PORT/DATABASE") == true)
    #expect(error?.description.contains("wherefore") == false)
    if text.contains("wherewithal") { #expect(error?.description.contains("wherewithal") == true) }
  }

  @Test func `paths are not taken for connection strings`() {
    for text in ["data/social.sqlite", "sqlite:x", "/a/b=c", "", "a-b=c"] {
      #expect(!ConnectionString.isMeant(by: text))
    }
  }
}

@Suite("PostgreSQL: failures") struct PostgreSQLFailureTests {
  @Test(arguments: [
    ("40001", ChannelError.Code.serviceUnavailable, StoreFailure.Remedy.again), ("40P01", .serviceUnavailable, .again),
    ("55P03", .serviceUnavailable, .none), ("57014", .serviceUnavailable, .none),
    ("57P01", .serviceUnavailable, .reconnect), ("57P03", .serviceUnavailable, .reconnect),
    ("08006", .serviceUnavailable, .reconnect), ("25006", .serviceUnavailable, .reconnect),
    ("53100", .resourceConstraint, .none), ("53200", .resourceConstraint, .none),
    ("23505", .conflict, .none), ("22012", .badRequest, .none), ("54000", .policyViolation, .none),
    ("42P01", .internalServerError, .none), ("XX000", .internalServerError, .none),
    ("26000", .internalServerError, .reconnect), ("", .internalServerError, .none),
  ])
  func `an error of the server is told apart by what is to be done`(
    state: String, code: ChannelError.Code, remedy: StoreFailure.Remedy
  ) {
    let failure = StoreFailure(PostgreSQLFailure(.refused, state: state, message: "secret"))
    #expect(failure.error.code == code)
    #expect(failure.remedy == remedy)
    #expect(!failure.error.description.contains("secret"))
  }

  @Test func `pauses double up to the longest, and one attempt is made at a time`() {
    var backoff = Backoff(first: .milliseconds(100), longest: .seconds(1))
    func mayTry(_ now: Duration) -> Bool { backoff.mayTry(at: now) }
    #expect(mayTry(.zero) && mayTry(.zero))
    var now = Duration.zero
    for pause in [100, 200, 400, 800, 1000, 1000] {
      backoff.failed(at: now, chance: 1)
      #expect(backoff.isAway)
      #expect(!mayTry(now + .milliseconds(pause - 1)))
      now += .milliseconds(pause)
      #expect(mayTry(now))
      #expect(!mayTry(now + .seconds(100)))
    }
    backoff.failed(at: now, chance: 0)
    #expect(!mayTry(now + .milliseconds(499)))
    #expect(mayTry(now + .milliseconds(500)))
    backoff.succeeded()
    #expect(!backoff.isAway)
    #expect(mayTry(now) && mayTry(now))
  }
}
