import NIOCore

/// A walk over many things of an event loop in turns of half a millisecond, with whatever else the loop has to do between them.
///
/// **Why**: an operator who looks at 10,000 connections must not make the items for them late.
struct LoopSurvey {
  /// The longest turn.
  static let turn = TimeAmount.microseconds(500)
  /// How many things are looked at between two looks at the clock.
  private static let stride = 16

  /// Looks at things from `start` on until the turn or the things end.
  ///
  /// - Returns: where to go on; `nil` at the end.
  static func visit(from start: Int, count: Int, _ visit: (Int) -> Void) -> Int? {
    let end = NIODeadline.now() + turn
    var index = start
    while index < count {
      visit(index)
      index += 1
      if index % stride == 0, NIODeadline.now() >= end { break }
    }
    return index < count ? index : nil
  }
}

extension Edge {
  /// Lets a value see every client connection, loop by loop.
  ///
  /// A connection that comes or goes meanwhile may be seen or not.
  func surveyConnections<Value: Sendable>(
    _ initial: Value, _ see: @escaping @Sendable (inout Value, ConnectionReport) -> Void
  ) async -> Value {
    var value = initial
    for loop in loops {
      var next: Int? = 0
      while let start = next {
        let before = value
        let result = try? await loop.eventLoop.submit {
          var part = before
          let context = loop.context.value
          let now = context.eventLoop.now
          let end = LoopSurvey.visit(from: start, count: context.deadlines.placeCount) { place in
            if let report = context.deadlines.owner(at: place)?.report(now: now) { see(&part, report) }
          }
          return (part, end)
        }.get()
        guard let result else { break }
        (value, next) = result
      }
    }
    return value
  }

  /// Closes a connection by its number; false where there is none.
  func closeConnection(_ id: Int) async -> Bool {
    for loop in loops {
      var next: Int? = 0
      while let start = next {
        let result = try? await loop.eventLoop.submit {
          let context = loop.context.value
          var found = false
          let end = LoopSurvey.visit(from: start, count: context.deadlines.placeCount) { place in
            guard !found, let owner = context.deadlines.owner(at: place), owner.connectionID == id else { return }
            found = true
            owner.closeForOperator()
          }
          return (found, end)
        }.get()
        guard let result else { break }
        if result.0 { return true }
        next = result.1
      }
    }
    return false
  }
}

extension DownstreamConnection {
  var connectionID: Int? { id }

  func closeForOperator() { close(.closedByOperator) }

  func report(now: NIODeadline) -> ConnectionReport? {
    var report = ConnectionReport(
      id: id, peer: peer, state: "idle", ageMilliseconds: (now - opened).nanoseconds / 1_000_000,
      queuedBytes: bufferedBytes)
    switch machine.state {
    case .idle, .head: break
    case .exchange: report.state = "request"
    case .held: report.state = "held"
    case .socket:
      report.state = "held"
      report.transport = "websocket"
      report.socketID = socket?.id
    case .lingering: report.state = "closing"
    case .closed: return nil
    }
    if let since = machine.stalledSince { report.slowMilliseconds = (now - since).nanoseconds / 1_000_000 }
    if [.exchange, .held, .socket].contains(machine.state) {
      report.route = access.route
      report.path = access.path
    }
    if let slot = held?.slot ?? socket?.heldSlot, let hold = loop.holds.report(slot) {
      report.transport = hold.transport
      report.queuedBytes += hold.queuedBytes
      report.slowMilliseconds = hold.slowMilliseconds ?? report.slowMilliseconds
      report.channels = hold.channels
      report.user = hold.user
    }
    return report
  }
}
