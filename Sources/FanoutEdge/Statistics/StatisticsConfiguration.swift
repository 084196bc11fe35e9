import Glibc

/// What is counted and told of connections, subscriptions and items, and to whom.
///
/// **Spec**: GRIP proxy §21, §22. By default nothing is, and it costs nothing.
package struct StatisticsConfiguration: Sendable {
  /// How messages are written.
  package enum Format: String, Sendable, CaseIterable {
    case tnetstring
    case json
  }

  /// Where those who watch subscribe (`stats_spec`); `nil` for nobody.
  package var publish: ZeroMQConfiguration.Endpoint?
  /// Default tnetstring (`stats_format`).
  package var format = Format.tnetstring
  /// Whether `conn` messages are sent (`stats_connection_send`). Default true.
  package var sendsConnections = true
  /// How long a connection counts as there without being told of again (`stats_connection_ttl`). Default 120 s.
  package var connectionTTL = Duration.seconds(120)
  /// The same for a subscription (`stats_subscription_ttl`). Default 60 s.
  package var subscriptionTTL = Duration.seconds(60)
  /// How often `report` messages are sent (`stats_report_interval`); zero for never. Default 10 s.
  package var reportInterval = Duration.seconds(10)
  /// The bytes of a block, where contents are counted in blocks; `nil` where they are not. A server takes `delivery.blockBytes`.
  package var blockBytes: Int?
  /// How long a channel without long-polls counts as listened to: they come back. A server takes the linger
  /// of delivery (`subscription_linger`).
  package var pollLinger = Duration.seconds(60)
  /// LIMIT: events that wait to be counted and told; beyond it they are dropped and the loss is logged. Default 100,000.
  package var maxWaitingEvents = 100_000
  /// Whether counting goes on without anybody to tell, for `EdgeServer.statistics`. Default false.
  package var countsAlways = false
  /// Who speaks, in every message and in the ids of requests. Default `fanout-edge_` and the number of the process.
  package var sender = "fanout-edge_\(getpid())"

  /// The defaults.
  package init() {}

  /// All that is wrong.
  package func validate() -> [EdgeConfigurationProblem] {
    var problems: [EdgeConfigurationProblem] = []
    func require(_ isRight: Bool, _ key: String, _ text: String) {
      if !isRight { problems.append(EdgeConfigurationProblem(key: key, text: text)) }
    }
    if let publish, let text = ZeroMQConfiguration.problem(of: publish.address) { require(false, publish.key, text) }
    require(connectionTTL >= .seconds(1), "statistics.connectionTTL", "at least 1 second")
    require(subscriptionTTL >= .seconds(1), "statistics.subscriptionTTL", "at least 1 second")
    require(reportInterval >= .zero, "statistics.reportInterval", "0 or more")
    require(blockBytes ?? 1 >= 1, "statistics.blockBytes", "at least 1 byte")
    require(maxWaitingEvents >= 1, "statistics.maxWaitingEvents", "at least 1 event")
    return problems
  }
}
