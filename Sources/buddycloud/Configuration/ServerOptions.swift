import BuddycloudAPI
import ChannelServer
import Channels
import FanoutEdge
import Foundation
import GRIP
import ServerKit

/// The options of the standalone server, and where their values are read from.
enum ServerOptions {
  /// The prefix of environment variables.
  static let prefix = "BUDDYCLOUD"
  /// Read when no file is named and it is there.
  static let defaultFile = "buddycloud.yaml"

  /// All options, in the order in which they are explained.
  static let all: [ConfigurationOption] = general + StorePlace.options + edge + APIConfiguration.options + channels

  private static let general: [ConfigurationOption] = [
    ConfigurationOption(
      "config", "FILE", .path, default: defaultFile,
      "The configuration file, YAML. It may be missing where it is not named."),
    ConfigurationOption(
      "data-dir", "DIR", .path, default: "./data",
      "Where everything is kept: the keys, and the database where store names no other. Made at the first start."),
    ConfigurationOption(
      "listen", "HOST:PORT", .address, default: "127.0.0.1:8080",
      "Where browsers and apps connect: the edge, in front of everything. /api/… is the API, the rest the web client."),
    ConfigurationOption(
      "api-listen", "HOST:PORT", .address, default: "127.0.0.1:9123",
      "Where the API listens itself, for proxies such as Pushpin or fanout edge. Keep it on loopback or behind them."),
    ConfigurationOption(
      "control-listen", "HOST:PORT", .address, default: "127.0.0.1:5561",
      "Where the embedded edge takes what is published. Every request there must be signed with its key."),
    ConfigurationOption(
      "domain", "NAME", .text, default: "localhost", aliases: ["xmppDomain"],
      "The home domain: users are NAME@domain, topic channels NAME@topics.domain."),
    ConfigurationOption(
      "registration", "open|closed", .choice(["open", "closed"]), default: "open",
      "Whether anybody may make an account. `buddycloud user add` works either way."),
    ConfigurationOption(
      "grip-proxies", "JSON|FILE", .json, isSecret: true,
      "More proxies that are published to and whose signature is trusted, beside the embedded edge:\n"
        + #"[{"key":"…","controlUri":"http://localhost:5561","controlIss":"…"}], or a file with that."#),
    ConfigurationOption(
      "log-level", "LEVEL", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
      default: "info", "How much is logged, to standard error."),
    ConfigurationOption(
      "log-format", "FORMAT", .choice(LogFormat.allCases.map(\.rawValue)), default: LogFormat.text.rawValue,
      "How log lines look: text for people, or json, one object in a line."),
  ]

  private static let edge: [ConfigurationOption] = [
    ConfigurationOption(
      "edge.upstream-key", "KEY", .text, isSecret: true,
      "The key of another proxy in front of the embedded edge: text, base64:… or file:…. What it signs is passed on\n"
        + "untouched, so that it holds requests itself. None trusts nobody."),
    ConfigurationOption(
      "edge.loops", "N", .count(0...64), default: "0", "Event loops of the embedded edge; 0 for one for each core."),
    ConfigurationOption(
      "edge.max-connections", "N", .count(0...10_000_000), default: "0",
      "Connections to the embedded edge at once; 0 for what the limit of open files allows."),
  ]

  private static let channels: [ConfigurationOption] = {
    let defaults = ChannelServerConfiguration()
    return [
      ConfigurationOption(
        "channels.access-model", "MODEL", .choice(AccessModel.allCases.map(\.rawValue)),
        default: defaults.nodes.accessModel.rawValue, "Who may read new nodes, until their owner says otherwise."),
      ConfigurationOption(
        "channels.topic-affiliation", "ROLE", .choice(["member", "publisher"]),
        default: defaults.nodes.topicAffiliation.rawValue,
        "What followers of a new topic channel may do: read, or post, too."),
      ConfigurationOption(
        "channels.personal-affiliation", "ROLE", .choice(["member", "publisher"]),
        default: defaults.nodes.personalAffiliation.rawValue, "The same for personal channels."),
      ConfigurationOption(
        "channels.max-entry", "SIZE", .bytes(1024...(1 << 24)),
        default: ByteCount(defaults.entries.maxEntryBytes).description, "The largest post."),
      ConfigurationOption(
        "channels.event-age", "TIME", .duration(.seconds(60) ... .seconds(86400 * 3650)),
        default: defaults.retention.age.text,
        "How long events are kept for clients that come back. Older cursors are answered with reset."),
      ConfigurationOption(
        "channels.max-events", "N", .count(100...1_000_000_000), default: "\(defaults.retention.maxEvents)",
        "The most events that are kept."),
      ConfigurationOption(
        "channels.password-iterations", "N", .count(10_000...10_000_000),
        default: "\(defaults.passwords.iterations)", "Rounds of PBKDF2 for new passwords."),
    ]
  }()
}

extension ConfigurationValues {
  /// Reads flags, the environment and the file that they name.
  init(
    arguments: [String], environment: [String: String] = ProcessInfo.processInfo.environment,
    options: [ConfigurationOption] = ServerOptions.all
  ) {
    let named = ConfigurationValues(
      options: options, prefix: ServerOptions.prefix, arguments: arguments, environment: environment)
    let path = named.text("config")
    var entries: [FileEntry] = []
    var fileProblem: ConfigurationProblem?
    if FileManager.default.fileExists(atPath: path) || named.value("config")?.source != .default {
      do {
        entries = try ConfigurationFile.read(path)
      } catch {
        fileProblem = error
      }
    }
    self.init(
      options: options, prefix: ServerOptions.prefix, arguments: arguments, environment: environment,
      fileName: path, file: entries)
    if let fileProblem { add(fileProblem) }
  }

  /// The settings of the channel server.
  var channelServer: ChannelServerConfiguration {
    var configuration = ChannelServerConfiguration(domain: text("domain"))
    configuration.isRegistrationOpen = text("registration") == "open"
    // Nobody hears over XMPP here.
    configuration.announcements.isEnabled = false
    configureRules(of: &configuration)
    configuration.passwords.iterations = count("channels.password-iterations")
    return configuration
  }

  /// The settings of `channels.`, which every channel server has.
  func configureRules(of configuration: inout ChannelServerConfiguration) {
    configuration.nodes.accessModel = AccessModel(rawValue: text("channels.access-model")) ?? .open
    configuration.nodes.topicAffiliation = Affiliation(rawValue: text("channels.topic-affiliation")) ?? .publisher
    configuration.nodes.personalAffiliation = Affiliation(rawValue: text("channels.personal-affiliation")) ?? .member
    configuration.entries.maxEntryBytes = bytes("channels.max-entry")
    configuration.retention.age = duration("channels.event-age")
    configuration.retention.maxEvents = count("channels.max-events")
  }

  /// Everything that is wrong, also between options.
  var allProblems: [ConfigurationProblem] {
    var found = problems
    guard found.isEmpty else { return found }
    found += APIConfiguration(self).problems().map { ConfigurationProblem(key: $0.field, text: $0.text) }
    found += channelServer.validate().map { ConfigurationProblem(text: $0) }
    do {
      _ = try StorePlace(self)
      _ = try gripProxies()
      // The key makes no difference to what is right.
      let edge = try edgeServer(key: GRIPKey(secret: Array("any".utf8)))
      found += edge.validate().map { ConfigurationProblem(key: $0.key, text: $0.text) }
    } catch {
      found.append(error)
    }
    return found
  }
}
