/// How listeners are reached, as statistics name it.
package enum DeliveryMode: UInt8, Sendable, CaseIterable {
  case response
  case stream
  case webSocket

  /// In `sub` messages.
  var name: String {
    switch self {
    case .response: "response"
    case .stream: "stream"
    case .webSocket: "ws"
    }
  }

  /// In `message` messages.
  var transport: String {
    switch self {
    case .response: "http-response"
    case .stream: "http-stream"
    case .webSocket: "ws-message"
    }
  }
}

/// A client's connection, as statistics count them: one HTTP request, or one WebSocket.
package enum StatisticsConnection: Sendable, Hashable {
  /// A request, by its number in this process.
  case request(Int)
  /// A WebSocket, by the `Connection-Id` that its origin knows.
  case socket(String)
}

/// What event loops tell the ledger.
enum StatisticsEvent: Sendable {
  case began(StatisticsConnection, route: String?, peer: String?, isSecure: Bool)
  case ended(StatisticsConnection)
  /// The number of listeners on one loop has changed.
  case listeners(loop: Int, channel: String, mode: DeliveryMode, count: Int)
  /// Items have come in.
  case received(count: Int, blocks: Int)
  /// An item passes on to the loops with listeners. `modes` are those that it has a format for.
  case passed(channel: String, id: String?, blocks: Int, modes: [DeliveryMode])
  /// What a loop has done for a route since it said so last.
  case traffic(route: String?, StatisticsTraffic)

  /// Whether what is told would stay wrong without it.
  var isLasting: Bool {
    switch self {
    case .ended, .listeners: true
    case .began, .received, .passed, .traffic: false
    }
  }
}

/// What is counted for each route on the way of its bytes, since it was told last.
package struct StatisticsTraffic: Sendable, Hashable {
  /// Requests, messages of WebSockets and keep-alives.
  package var activity = 0
  /// Requests with a complete head.
  package var requests = 0
  /// Items handed to clients.
  package var sent = 0
  /// Those of them that were responses to long-polls.
  package var responsesSent = 0
  /// Blocks handed to clients, where blocks are counted.
  package var blocksSent = 0
  /// Bytes and WebSocket messages from and to clients.
  package var client = StatisticsSide()
  /// Bytes and WebSocket messages from and to origins.
  package var server = StatisticsSide()

  /// Adds more of it.
  package static func += (sum: inout StatisticsTraffic, other: StatisticsTraffic) {
    sum.activity += other.activity
    sum.requests += other.requests
    sum.sent += other.sent
    sum.responsesSent += other.responsesSent
    sum.blocksSent += other.blocksSent
    sum.client += other.client
    sum.server += other.server
  }
}

/// What passes to and from clients, or origins.
package struct StatisticsSide: Sendable, Hashable {
  /// Bytes of heads: the lengths of method, target, status, reason, names and values, added up.
  package var headerReceived = 0
  package var headerSent = 0
  package var contentReceived = 0
  package var contentSent = 0
  /// Messages of WebSockets.
  package var messagesReceived = 0
  package var messagesSent = 0

  /// Adds more of it.
  package static func += (sum: inout StatisticsSide, other: StatisticsSide) {
    sum.headerReceived += other.headerReceived
    sum.headerSent += other.headerSent
    sum.contentReceived += other.contentReceived
    sum.contentSent += other.contentSent
    sum.messagesReceived += other.messagesReceived
    sum.messagesSent += other.messagesSent
  }
}
