import ChannelStorePostgreSQL
import ChannelStoreSQLite
import Channels
import Foundation
import Logging
import ServerKit

/// Where accounts, channels and posts are kept.
enum StorePlace {
  /// A file; its directory exists.
  case sqlite(path: String)
  case postgreSQL(PostgreSQLStoreConfiguration)

  static let options: [ConfigurationOption] = [
    ConfigurationOption(
      "store", "STORE", .text, masking: { text in Self.masked(text) },
      "Where accounts, channels and posts are kept: sqlite:FILE, or a PostgreSQL database (14 or later, in UTF-8) as\n"
        + "postgresql://USER@HOST:PORT/DATABASE?sslmode=verify-full or as host=… dbname=… user=…; what libpq knows (PGPASSWORD,\n"
        + "~/.pgpass, services) is used, so that no password need stand here. Not set: buddycloud.sqlite in data-dir."),
    ConfigurationOption(
      "postgresql.pool-size", "N", .count(2...1000), default: "\(defaults.poolSize)",
      "Connections to PostgreSQL: one writes, the others read."),
    ConfigurationOption(
      "postgresql.connect-timeout", "TIME", .duration(.seconds(2) ... .seconds(600)),
      default: Duration.seconds(defaults.connectTimeoutSeconds).text,
      "How long opening a connection takes at most, for each address of the host, in whole seconds."),
    ConfigurationOption(
      "postgresql.statement-timeout", "TIME", .duration(.milliseconds(10) ... .seconds(3600)),
      default: Duration.seconds(defaults.statementTimeoutSeconds).text, "How long one statement takes at most."),
    ConfigurationOption(
      "postgresql.lock-timeout", "TIME", .duration(.milliseconds(10) ... .seconds(3600)),
      default: Duration.seconds(defaults.lockTimeoutSeconds).text,
      "How long a write waits at most while another process writes."),
    ConfigurationOption(
      "postgresql.max-reconnect-delay", "TIME", .duration(.milliseconds(10) ... .seconds(3600)),
      default: Duration.seconds(defaults.maxReconnectDelaySeconds).text,
      "The longest pause between attempts to reach a database that is away."),
  ]

  private static var defaults: PostgreSQLStoreConfiguration { PostgreSQLStoreConfiguration(connection: .byEnvironment) }

  /// What is wrong with a text, or the place.
  init(_ values: ConfigurationValues) throws(ConfigurationProblem) {
    let text = values.text("store")
    if text.isEmpty {
      self = .sqlite(path: DataDirectory(path: values.text("data-dir")).database)
    } else if text.hasPrefix("sqlite:") {
      let path = String(text.dropFirst("sqlite:".count))
      guard !path.isEmpty else { throw ConfigurationProblem(key: "store", text: "sqlite: needs a file after it") }
      self = .sqlite(path: path)
    } else if ConnectionString.isMeant(by: text) {
      self = .postgreSQL(try Self.configuration(text, values))
    } else {
      throw ConfigurationProblem(
        key: "store", text: "is sqlite:FILE, postgresql://USER@HOST:PORT/DATABASE or host=… dbname=… user=…")
    }
  }

  private static func configuration(
    _ text: String, _ values: ConfigurationValues
  ) throws(ConfigurationProblem) -> PostgreSQLStoreConfiguration {
    var configuration: PostgreSQLStoreConfiguration
    do {
      configuration = PostgreSQLStoreConfiguration(connection: try ConnectionString(text))
    } catch {
      throw ConfigurationProblem(key: "store", text: error.description)
    }
    configuration.poolSize = values.count("postgresql.pool-size")
    configuration.connectTimeoutSeconds = Int(values.duration("postgresql.connect-timeout").components.seconds)
    configuration.statementTimeoutSeconds = values.duration("postgresql.statement-timeout").inSeconds
    configuration.lockTimeoutSeconds = values.duration("postgresql.lock-timeout").inSeconds
    configuration.maxReconnectDelaySeconds = values.duration("postgresql.max-reconnect-delay").inSeconds
    return configuration
  }

  private static func masked(_ text: String) -> String {
    guard ConnectionString.isMeant(by: text) else { return text }
    return (try? ConnectionString(text).description) ?? "******"
  }

  /// Opens the store. Blocks while its tables are brought up to date.
  func open(_ logger: Logger) throws(ChannelError) -> any ChannelStore {
    switch self {
    case .sqlite(let path):
      var configuration = SQLiteStoreConfiguration(path: path)
      configuration.onDiskFailure = { words in
        logger.critical("the disk failed; nothing more is accepted", metadata: .keys([.errorDetail: words]))
      }
      return try SQLiteChannelStore(configuration)
    case .postgreSQL(var configuration):
      configuration.report = { Self.log($0, logger) }
      return try PostgreSQLChannelStore(configuration)
    }
  }

  private static func log(_ report: PostgreSQLStoreReport, _ logger: Logger) {
    switch report {
    case .unreachable(let words):
      logger.error("the database can't be reached; it is tried again", metadata: .keys([.errorDetail: words]))
    case .reachable: logger.notice("the database can be reached again")
    case .warning(let words): logger.warning("the database promises less", metadata: .keys([.errorDetail: words]))
    case .failure(let words):
      logger.error("the database refused what it should take", metadata: .keys([.errorDetail: words]))
    }
  }
}

extension Duration {
  fileprivate var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
