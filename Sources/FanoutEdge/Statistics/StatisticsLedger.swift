import FanoutBus

/// What all loops have told, put together: connections, subscriptions, figures by route. It says what is to be told, and
/// when.
///
/// **Units**: `now` is the time since any fixed moment.
/// **Spec**: GRIP proxy §21.1. Changes of a subscription are told once each second at most, its start and end at once.
/// **Isolation**: one thread.
final class StatisticsLedger {
  private struct Connection {
    var route: String?
    var peer: String?
    var isSecure: Bool
    var began: Duration
  }

  private struct SubscriptionKey: Hashable {
    var mode: DeliveryMode
    var channel: String
  }

  private struct Subscription {
    /// Listeners by loop.
    var counts: [Int: Int] = [:]
    var total = 0
    /// What was told last; `nil` where nothing was.
    var told: Int?
    /// When it ends, where nobody listens and it lingers.
    var ends: Duration?
    /// Whether an entry in `lingers` stands for it.
    var isInLingers = false
    var isChanged = false
    /// Tells it from others of the same name before it.
    var serial = 0
  }

  /// The figures of a route in the present interval.
  private struct Book {
    var report: StatisticsReport
    var connections = 0
  }

  private let configuration: StatisticsConfiguration
  private var connections: [StatisticsConnection: Connection] = [:]
  private var subscriptions: [SubscriptionKey: Subscription] = [:]
  private var books: [String?: Book] = [nil: Book(report: StatisticsReport())]
  private var activity: [String?: Int] = [:]
  private var requests = 0
  private var total = StatisticsReport()

  /// Connections in their first second: most are gone after it, and cost the other queues nothing.
  private var young = FIFO<(key: StatisticsConnection, due: Duration)>()
  private var connectionRefreshes = FIFO<(key: StatisticsConnection, due: Duration)>()
  private var minuteTurns = FIFO<(key: StatisticsConnection, due: Duration)>()
  private var subscriptionRefreshes = FIFO<(key: SubscriptionKey, serial: Int, due: Duration)>()
  private var lingers = FIFO<(key: SubscriptionKey, due: Duration)>()
  private var changed: [SubscriptionKey] = []
  private var lastSerial = 0
  private var nextChange: Duration?
  private var nextFlush: Duration?
  private var reportBegan: Duration
  private var nextReport: Duration?

  /// Which types are wanted by anybody.
  var audience = StatisticsAudience()
  private var messages: [StatisticsMessage] = []

  init(configuration: StatisticsConfiguration, now: Duration) {
    self.configuration = configuration
    reportBegan = now
    if configuration.publish != nil, configuration.reportInterval > .zero {
      nextReport = now + configuration.reportInterval
    }
  }

  // MARK: Questions

  /// Everything since the start, of all routes; `connections` are those of now.
  var totals: StatisticsReport {
    var totals = total
    totals.connections = connections.count
    return totals
  }

  /// Whether a connection is there, by the id that it is told as.
  func isConnected(_ id: [UInt8]) -> Bool {
    guard let text = String(validating: id, as: UTF8.self) else { return false }
    if connections[.socket(text)] != nil { return true }
    guard let colon = text.lastIndex(of: ":"), text[..<colon] == configuration.sender,
      let number = Int(text[text.index(after: colon)...])
    else { return false }
    return connections[.request(number)] != nil
  }

  /// The WebSocket of this `Connection-Id`, as far as there is one.
  func socket(_ id: [UInt8]) -> String? {
    String(validating: id, as: UTF8.self).flatMap { connections[.socket($0)] == nil ? nil : $0 }
  }

  /// What is to be sent.
  func takeMessages() -> [StatisticsMessage] {
    defer { messages.removeAll(keepingCapacity: true) }
    return messages
  }

  /// When `tick` has something to do.
  var nextDeadline: Duration? {
    [
      young.first?.due, connectionRefreshes.first?.due, minuteTurns.first?.due, subscriptionRefreshes.first?.due,
      lingers.first?.due,
      nextChange, nextFlush, nextReport,
    ].compactMap(\.self).min()
  }

  // MARK: Events

  /// Takes what a loop tells.
  func take(_ event: StatisticsEvent, now: Duration) {
    switch event {
    case .began(let key, let route, let peer, let isSecure):
      began(key, Connection(route: route, peer: peer, isSecure: isSecure, began: now), now: now)
    case .ended(let key): ended(key)
    case .listeners(let loop, let channel, let mode, let count):
      listeners(SubscriptionKey(mode: mode, channel: channel), loop: loop, count: count, now: now)
    case .received(let count, let blocks):
      book(nil) {
        $0.report.received += count
        $0.report.blocksReceived += blocks
      }
      total.received += count
      total.blocksReceived += blocks
    case .passed(let channel, let id, let blocks, let modes):
      for mode in modes { passed(channel: channel, id: id, blocks: blocks, mode: mode) }
    case .traffic(let route, let traffic):
      book(route) { $0.report.traffic += traffic }
      total.traffic += traffic
      requests += traffic.requests
      activity[route, default: 0] += traffic.activity
      if nextFlush == nil { nextFlush = now + .milliseconds(100) }
    }
  }

  private func began(_ key: StatisticsConnection, _ connection: Connection, now: Duration) {
    guard connections.updateValue(connection, forKey: key) == nil else { return }
    book(connection.route) {
      $0.connections += 1
      $0.report.connections = max($0.report.connections, $0.connections)
      $0.report.minutes += 1
    }
    total.minutes += 1
    young.append((key, now + .milliseconds(750)))
    tell(key, connection)
  }

  private func grownUp(now: Duration) {
    while let next = young.first, next.due <= now {
      young.popFirst()
      guard let connection = connections[next.key] else { continue }
      minuteTurns.append((next.key, connection.began + .seconds(60)))
      connectionRefreshes.append((next.key, connection.began + configuration.connectionTTL * 3 / 4))
    }
  }

  private func ended(_ key: StatisticsConnection) {
    guard let connection = connections.removeValue(forKey: key) else { return }
    book(connection.route) { $0.connections -= 1 }
    guard configuration.sendsConnections, audience.wants(.conn) else { return }
    var message = StatisticsMessage(.conn, sender: configuration.sender, route: connection.route)
    message.add("id", .text(name(of: key)))
    message.add("unavailable", .flag(true))
    messages.append(message)
  }

  private func listeners(_ key: SubscriptionKey, loop: Int, count: Int, now: Duration) {
    guard count > 0 || subscriptions[key] != nil else { return }
    var subscription = subscriptions[key] ?? Subscription(serial: newSerial())
    let before = subscription.counts.updateValue(count, forKey: loop) ?? 0
    if count == 0 { subscription.counts[loop] = nil }
    subscription.total += count - before
    if subscription.total == 0 {
      guard key.mode == .response, configuration.pollLinger > .zero else {
        subscriptions[key] = nil
        return tellEnd(key)
      }
      // Long-polls come back: the end is told when they have not.
      subscription.ends = now + configuration.pollLinger
      if !subscription.isInLingers { lingers.append((key, now + configuration.pollLinger)) }
      subscription.isInLingers = true
    } else {
      subscription.ends = nil
      if subscription.told == nil {
        tell(key, &subscription)
        subscriptionRefreshes.append((key, subscription.serial, now + configuration.subscriptionTTL * 3 / 4))
      } else if !subscription.isChanged, subscription.told != subscription.total {
        subscription.isChanged = true
        changed.append(key)
        if nextChange == nil { nextChange = now + .seconds(1) }
      }
    }
    subscriptions[key] = subscription
  }

  private func passed(channel: String, id: String?, blocks: Int, mode: DeliveryMode) {
    let count = subscriptions[SubscriptionKey(mode: mode, channel: channel)]?.total ?? 0
    guard count > 0, audience.wants(.message) else { return }
    var message = StatisticsMessage(.message, sender: configuration.sender)
    message.add("channel", .text(channel))
    if let id { message.add("item-id", .text(id)) }
    message.add("count", .number(count))
    if configuration.blockBytes != nil { message.add("blocks", .number(blocks * count)) }
    message.add("transport", .text(mode.transport))
    messages.append(message)
  }

  // MARK: Time

  /// Does what is due.
  func tick(now: Duration) {
    grownUp(now: now)
    while let next = connectionRefreshes.first, next.due <= now {
      connectionRefreshes.popFirst()
      guard let connection = connections[next.key] else { continue }
      connectionRefreshes.append((next.key, now + configuration.connectionTTL * 3 / 4))
      tell(next.key, connection)
    }
    while let next = minuteTurns.first, next.due <= now {
      minuteTurns.popFirst()
      guard let connection = connections[next.key] else { continue }
      book(connection.route) { $0.report.minutes += 1 }
      total.minutes += 1
      minuteTurns.append((next.key, next.due + .seconds(60)))
    }
    while let next = lingers.first, next.due <= now {
      lingers.popFirst()
      linger(next.key, now: now)
    }
    while let next = subscriptionRefreshes.first, next.due <= now {
      subscriptionRefreshes.popFirst()
      guard var subscription = subscriptions[next.key], subscription.serial == next.serial else { continue }
      tell(next.key, &subscription)
      subscriptions[next.key] = subscription
      subscriptionRefreshes.append((next.key, next.serial, now + configuration.subscriptionTTL * 3 / 4))
    }
    if let due = nextChange, due <= now { tellChanges() }
    if let due = nextFlush, due <= now { tellActivity() }
    if let due = nextReport, due <= now { tellReports(now: now) }
  }

  private func linger(_ key: SubscriptionKey, now: Duration) {
    guard let ends = subscriptions[key]?.ends else {
      subscriptions[key]?.isInLingers = false
      return
    }
    guard ends <= now else { return lingers.append((key, ends)) }
    subscriptions[key] = nil
    tellEnd(key)
  }

  // MARK: Messages

  private func name(of key: StatisticsConnection) -> String {
    switch key {
    case .request(let number): "\(configuration.sender):\(number)"
    case .socket(let id): id
    }
  }

  private func tell(_ key: StatisticsConnection, _ connection: Connection) {
    guard configuration.sendsConnections, audience.wants(.conn) else { return }
    var message = StatisticsMessage(.conn, sender: configuration.sender, route: connection.route)
    message.add("id", .text(name(of: key)))
    if case .socket = key { message.add("type", .text("ws")) } else { message.add("type", .text("http")) }
    if let peer = connection.peer { message.add("peer-address", .text(peer)) }
    if connection.isSecure { message.add("ssl", .flag(true)) }
    message.add("ttl", .number(Int(configuration.connectionTTL.components.seconds)))
    messages.append(message)
  }

  private func tell(_ key: SubscriptionKey, _ subscription: inout Subscription) {
    subscription.told = subscription.total
    subscription.isChanged = false
    guard audience.wants(.sub) else { return }
    var message = subscriptionMessage(key)
    message.add("ttl", .number(Int(configuration.subscriptionTTL.components.seconds)))
    message.add("subscribers", .number(subscription.total))
    messages.append(message)
  }

  private func tellEnd(_ key: SubscriptionKey) {
    guard audience.wants(.sub) else { return }
    var message = subscriptionMessage(key)
    message.add("unavailable", .flag(true))
    messages.append(message)
  }

  private func subscriptionMessage(_ key: SubscriptionKey) -> StatisticsMessage {
    var message = StatisticsMessage(.sub, sender: configuration.sender)
    message.add("mode", .text(key.mode.name))
    message.add("channel", .text(key.channel))
    return message
  }

  private func tellChanges() {
    nextChange = nil
    let keys = changed
    changed = []
    for key in keys {
      guard var subscription = subscriptions[key], subscription.isChanged else { continue }
      subscription.isChanged = false
      if subscription.total > 0, subscription.told != subscription.total { tell(key, &subscription) }
      subscriptions[key] = subscription
    }
  }

  private func tellActivity() {
    nextFlush = nil
    if audience.wants(.activity) {
      for (route, count) in activity.sorted(by: { ($0.key ?? "") < ($1.key ?? "") }) where count > 0 {
        var message = StatisticsMessage(.activity, sender: configuration.sender, route: route)
        message.add("count", .number(count))
        messages.append(message)
      }
    }
    activity = [:]
    if requests > 0, audience.wants(.counts) {
      var message = StatisticsMessage(.counts, sender: configuration.sender)
      message.add("requests-received", .number(requests))
      messages.append(message)
    }
    requests = 0
  }

  private func tellReports(now: Duration) {
    let duration = now - reportBegan
    let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    reportBegan = now
    nextReport = now + configuration.reportInterval
    for (route, book) in books {
      if audience.wants(.report) {
        var report = book.report
        report.duration = Int(milliseconds)
        messages.append(message(of: report))
      }
      var next = Book(report: StatisticsReport(route: route), connections: book.connections)
      next.report.connections = book.connections
      // A route that nobody uses any more, and that has been told as quiet, is forgotten.
      books[route] = route == nil || book.connections > 0 || !book.report.isQuiet ? next : nil
    }
  }

  private func message(of report: StatisticsReport) -> StatisticsMessage {
    var message = StatisticsMessage(.report, sender: configuration.sender, route: report.route)
    message.add("connections", .number(report.connections))
    message.add("minutes", .number(report.minutes))
    message.add("received", .number(report.received))
    message.add("sent", .number(report.traffic.sent))
    message.add("http-response-sent", .number(report.traffic.responsesSent))
    if configuration.blockBytes != nil {
      message.add("blocks-received", .number(report.blocksReceived))
      message.add("blocks-sent", .number(report.traffic.blocksSent))
    }
    message.add("duration", .number(report.duration))
    for side in report.sides { message.add(side.name, .number(side.value)) }
    return message
  }

  private func newSerial() -> Int {
    lastSerial += 1
    return lastSerial
  }

  private func book(_ route: String?, _ change: (inout Book) -> Void) {
    change(&books[route, default: Book(report: StatisticsReport(route: route))])
  }
}

@available(*, unavailable)
extension StatisticsLedger: Sendable {}

extension StatisticsReport {
  /// Whether there is nothing in it.
  var isQuiet: Bool { connections == 0 && minutes == 0 && received == 0 && traffic == StatisticsTraffic() }
}
