import NIOCore

/// What one event loop tells of its connections, listeners and bytes, where statistics are wanted at all.
///
/// What happens often is only added up here, and told at most ten times a second.
/// **Isolation**: its event loop, every member.
package final class LoopStatistics {
  /// A route's figures on this loop.
  final class RouteFigures {
    /// The explicit id.
    let route: String?
    private unowned let owner: LoopStatistics
    private var isChanged = false
    private var traffic = StatisticsTraffic()

    fileprivate init(route: String?, owner: LoopStatistics) {
      self.route = route
      self.owner = owner
    }

    /// Adds something up.
    func add(_ change: (inout StatisticsTraffic) -> Void) {
      change(&traffic)
      guard !isChanged else { return }
      isChanged = true
      owner.changed(self)
    }

    fileprivate func take() -> StatisticsTraffic {
      defer { traffic = StatisticsTraffic() }
      isChanged = false
      return traffic
    }
  }

  /// A request or a WebSocket that is counted until it has ended.
  struct Connection {
    let key: StatisticsConnection
    let figures: RouteFigures
  }

  private let number: Int
  private let step: Int
  private let loop: any EventLoop
  private let inbox: ZeroMQInbox
  private let blockBytes: Int?
  private var lastRequest: Int
  private var figures: [String?: RouteFigures] = [:]
  private var changedFigures: [RouteFigures] = []
  private var isFlushScheduled = false

  /// The statistics of a loop.
  ///
  /// - Parameters:
  ///   - number: the loop's.
  ///   - count: of all loops, so that the numbers of requests are unique.
  init(loop: any EventLoop, number: Int, count: Int, inbox: ZeroMQInbox, blockBytes: Int?) {
    self.loop = loop
    self.number = number
    step = count
    lastRequest = number
    self.inbox = inbox
    self.blockBytes = blockBytes
  }

  // MARK: Connections

  /// A request with a complete head has come.
  func requestBegan(route: String?, peer: String?, isSecure: Bool) -> Connection {
    lastRequest += step
    return began(.request(lastRequest), route: route, peer: peer, isSecure: isSecure)
  }

  /// A request for a WebSocket has come. It is counted as one until it is refused, or the WebSocket has ended.
  ///
  /// - Parameter id: what its origin knows as `Connection-Id`.
  func socketBegan(id: String, route: String?, peer: String?, isSecure: Bool) -> Connection {
    began(.socket(id), route: route, peer: peer, isSecure: isSecure)
  }

  /// A request has been answered, or a WebSocket is closed.
  func ended(_ connection: Connection) {
    inbox.push(.ended(connection.key))
  }

  /// A session of a client that polls has begun, which is a WebSocket for its origin. Its requests are counted as they come.
  func sessionBegan(id: String, route: String?, peer: String?, isSecure: Bool) -> Connection {
    began(.socket(id), route: route, peer: peer, isSecure: isSecure, isRequest: false)
  }

  private func began(
    _ key: StatisticsConnection, route: String?, peer: String?, isSecure: Bool, isRequest: Bool = true
  ) -> Connection {
    let figures = figures(of: route)
    if isRequest {
      figures.add {
        $0.activity += 1
        $0.requests += 1
      }
    }
    inbox.push(.began(key, route: figures.route, peer: peer, isSecure: isSecure))
    return Connection(key: key, figures: figures)
  }

  // MARK: Items

  /// The number of a channel's listeners on this loop has changed.
  func listenersChanged(_ channel: String, mode: DeliveryMode, count: Int) {
    inbox.push(.listeners(loop: number, channel: channel, mode: mode, count: count))
  }

  /// Items have reached their home.
  ///
  /// - Parameter sizes: the bytes of each.
  func received(sizes: [Int]) {
    inbox.push(.received(count: sizes.count, blocks: sizes.reduce(0) { $0 + blocks(of: $1) }))
  }

  /// An item passes on to the loops with listeners.
  func passed(channel: String, id: String?, size: Int, modes: [DeliveryMode]) {
    inbox.push(.passed(channel: channel, id: id, blocks: blocks(of: size), modes: modes))
  }

  /// Items have been handed to a client.
  func delivered(_ count: Int, mode: DeliveryMode, size: Int, bytes: Int, figures: RouteFigures) {
    figures.add {
      $0.sent += count
      if mode == .response { $0.responsesSent += count }
      if mode == .webSocket { $0.client.messagesSent += count }
      $0.blocksSent += blocks(of: size)
      $0.client.contentSent += bytes
    }
  }

  private func blocks(of size: Int) -> Int {
    guard let blockBytes else { return 0 }
    return max(1, (size + blockBytes - 1) / blockBytes)
  }

  // MARK: Telling

  /// The figures of a route, by its explicit id.
  func figures(of route: String?) -> RouteFigures {
    if let known = figures[route] { return known }
    let new = RouteFigures(route: route, owner: self)
    figures[route] = new
    return new
  }

  private func changed(_ figures: RouteFigures) {
    changedFigures.append(figures)
    guard !isFlushScheduled else { return }
    isFlushScheduled = true
    let bound = NIOLoopBound(self, eventLoop: loop)
    loop.scheduleTask(in: .milliseconds(100)) { bound.value.flush() }
  }

  /// Tells what has been added up.
  func flush() {
    isFlushScheduled = false
    let changed = changedFigures
    changedFigures = []
    for figures in changed { inbox.push(.traffic(route: figures.route, figures.take())) }
  }
}

@available(*, unavailable)
extension LoopStatistics: Sendable {}

@available(*, unavailable)
extension LoopStatistics.RouteFigures: Sendable {}
