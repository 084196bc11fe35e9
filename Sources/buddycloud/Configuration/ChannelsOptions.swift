import ChannelProtocol
import ChannelServer
import Channels
import Foundation
import ServerKit
import XMPP

/// The options of `buddycloud channels`.
enum ChannelsOptions {
  private static let shared: Set<String> = ["config", "data-dir", "domain", "log-level", "log-format"]

  /// All options, in the order in which they are explained.
  static let all: [ConfigurationOption] =
    ServerOptions.all.filter { shared.contains($0.key) } + component + StorePlace.options
    + ServerOptions.all.filter { $0.key.hasPrefix("channels.") && $0.key != "channels.password-iterations" } + rules

  private static let component: [ConfigurationOption] = [
    ConfigurationOption(
      "component-domain", "NAME", .text, default: "",
      "The domain of the channel server itself. Not set: channels. and the domain."),
    ConfigurationOption(
      "topics-domain", "NAME", .text, default: "",
      "The domain of topic channels, a component with the same secret. Not set: topics. and the domain."),
    ConfigurationOption(
      "xmpp-host", "HOST", .text, default: "127.0.0.1", "Where the XMPP server takes components."),
    ConfigurationOption(
      "xmpp-component-port", "PORT", .count(1...65535), default: "5347", "The port for components (XEP-0114)."),
    ConfigurationOption(
      "secret", "TEXT", .text, isSecret: true,
      "What the XMPP server calls component_secret: text, or file:FILE. It has to be set."),
  ]

  private static let rules: [ConfigurationOption] = {
    let defaults = ChannelComponentConfiguration()
    return [
      ConfigurationOption(
        "autosubscribe", "NODES", .text, default: "",
        "What new users follow, divided by ';': channels (news@topics.example.com) or nodes (/user/…/posts)."),
      ConfigurationOption(
        "autosubscribe-approve", "true|false", .choice(["true", "false"]), default: "false",
        "Whether they are let into private ones of these at once."),
      ConfigurationOption(
        "admins", "ADDRESSES", .text, default: "",
        "Who hears every event, also of private channels, divided by ';': services such as a pusher."),
      ConfigurationOption(
        "list-namespace", "STYLE", .choice(ListNamespace.allCases.map(\.rawValue)),
        default: defaults.listNamespace.rawValue,
        "In which namespace lists of memberships are answered: java as the last server of 2015 did, request as it was asked."
      ),
      ConfigurationOption(
        "max-stanza", "SIZE", .bytes(10_000...(1 << 24)), default: ByteCount(defaults.maxStanzaBytes).description,
        "The largest stanza that is sent; longer lists come in parts. The XMPP server must accept it, and those of peers."
      ),
      ConfigurationOption(
        "max-queries-per-user", "N", .count(1...100_000), default: "\(defaults.maxQueuedPerSender)",
        "Queries of one user or server that wait for each other; what is more is refused."),
      ConfigurationOption(
        "max-queries", "N", .count(1...10_000_000), default: "\(defaults.maxQueued)",
        "Queries of all users that wait or run."),
    ]
  }()
}

extension ConfigurationValues {
  /// The settings of the channel server as a component.
  func channelServerOnXMPP() throws(ConfigurationProblem) -> ChannelServerConfiguration {
    var configuration = ChannelServerConfiguration(domain: text("domain"))
    if !text("component-domain").isEmpty { configuration.channelsDomain = text("component-domain") }
    if !text("topics-domain").isEmpty { configuration.topicsDomain = text("topics-domain") }
    configuration.isRegistrationOpen = false
    configureRules(of: &configuration)
    for name in list("autosubscribe") {
      configuration.autosubscribe.append(try node(name))
    }
    configuration.isAutosubscribeApproved = text("autosubscribe-approve") == "true"
    for name in list("admins") {
      guard let address = try? JID(name) else {
        throw ConfigurationProblem(key: "admins", text: "'\(name)' is no address")
      }
      configuration.admins.insert(address.bare)
    }
    return configuration
  }

  private func node(_ name: String) throws(ConfigurationProblem) -> NodeID {
    if name.hasPrefix("/"), let node = try? NodeID(name) { return node }
    guard let channel = try? JID(name), channel.local != nil else {
      throw ConfigurationProblem(key: "autosubscribe", text: "'\(name)' is neither a channel nor a node")
    }
    return NodeID(channel: channel, name: "posts")
  }

  private func list(_ key: String) -> [String] {
    text(key).split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  /// How the channel server behaves on XMPP.
  var channelComponent: ChannelComponentConfiguration {
    var configuration = ChannelComponentConfiguration()
    configuration.listNamespace = ListNamespace(rawValue: text("list-namespace")) ?? .java
    configuration.maxStanzaBytes = bytes("max-stanza")
    configuration.maxQueuedPerSender = count("max-queries-per-user")
    configuration.maxQueued = count("max-queries")
    configuration.version = Release.version
    return configuration
  }

  /// Where the XMPP server is.
  func componentPlace() throws(ConfigurationProblem) -> ComponentPlace {
    var secret = text("secret")
    if secret.hasPrefix("file:") {
      let path = String(secret.dropFirst("file:".count))
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
        throw ConfigurationProblem(key: "secret", text: "the file \(path) can't be read")
      }
      secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    guard !secret.isEmpty else {
      throw ConfigurationProblem(
        key: "secret", text: "is not set: it is the component_secret of the XMPP server's configuration")
    }
    return ComponentPlace(host: text("xmpp-host"), port: count("xmpp-component-port"), secret: Secret(secret))
  }

  /// Everything that is wrong with the options of `buddycloud channels`.
  var allChannelsProblems: [ConfigurationProblem] {
    guard problems.isEmpty else { return problems }
    do throws(ConfigurationProblem) {
      _ = try StorePlace(self)
      _ = try componentPlace()
      return try channelServerOnXMPP().validate().map { ConfigurationProblem(text: $0) }
    } catch {
      return [error]
    }
  }
}
