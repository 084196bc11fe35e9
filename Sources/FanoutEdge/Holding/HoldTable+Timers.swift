import GRIP
import NIOCore

// What happens by itself (GRIP proxy §8.3, §9.4, §9.5.1).
extension HoldTable {
  /// The timers of the table.
  enum TimerKind: UInt8 {
    /// A long-poll has waited long enough.
    case timeout
    case keepAlive
    case nextLink
    /// A gap has not closed by itself.
    case update
    /// A next link that failed is asked again.
    case linkRetry
    /// A client has taken nothing for too long.
    case stall
    /// More updates may start.
    case limiter
    /// The sequencer looks at what waits and lingers.
    case expiry
    /// One second after a channel's first subscription.
    case firstSubscription
    /// A delayed message of a WebSocket is sent.
    case delayed
    /// An origin has not told where a WebSocket goes on.
    case resume
    /// More may be delivered.
    case rate
  }

  /// The time in ticks of 2^26 ns (67 ms).
  var currentTick: UInt32 { UInt32(truncatingIfNeeded: now.nanoseconds >> 26) }

  /// Schedules a timer of a slot, or with -1 one of the table.
  func schedule(_ kind: TimerKind, for index: Int32, after delay: TimeAmount) -> TimerWheel.ID {
    wheel?.schedule(key: index, kind: kind.rawValue, after: delay) ?? .none
  }

  /// Cancels a timer, and forgets its id.
  func cancel(_ timer: inout TimerWheel.ID) {
    wheel?.cancel(&timer)
  }

  /// Cancels all timers of a hold.
  func cancelTimers(of hold: Hold) {
    cancel(&hold.timeoutTimer)
    cancel(&hold.keepAliveTimer)
    cancel(&hold.nextLinkTimer)
    cancel(&hold.updateTimer)
    cancel(&hold.stallTimer)
    if let socket = hold.socket { cancel(&socket.delayedTimer) }
  }

  /// Starts what a holding stream needs; what ran before is replaced.
  func startStreamTimers(_ hold: Hold, index: Int32) {
    cancel(&hold.keepAliveTimer)
    cancel(&hold.nextLinkTimer)
    if let keepAlive = hold.keepAlive { scheduleKeepAlive(hold, index: index, after: TimeAmount(keepAlive.timeout)) }
    if hold.state == .holding { scheduleNextLink(hold, index: index) }
  }

  /// Does what a timer stands for. The hold is there: its timers are cancelled before its slot is free.
  func timerFired(key index: Int32, kind: UInt8) {
    guard let kind = TimerKind(rawValue: kind) else { return }
    switch kind {
    case .limiter: return continueUpdates()
    case .expiry: return expire()
    case .firstSubscription: return updateFirstSubscriptions()
    case .rate: return continueDelivering()
    default: break
    }
    guard let hold = slab[index] else { return }
    switch kind {
    case .timeout: timedOut(index, hold: hold)
    case .keepAlive where hold.kind == .socket: socketKeepAliveFired(index, hold: hold)
    case .keepAlive: keepAliveFired(index, hold: hold)
    case .nextLink: nextLinkFired(index, hold: hold)
    case .update:
      hold.updateTimer = .none
      requestUpdate(slab.slot(index))
    case .linkRetry:
      hold.updateTimer = .none
      retryLink(index, hold: hold)
    case .delayed: flushDelayed(index, hold: hold)
    case .resume:
      hold.updateTimer = .none
      resumeTimedOut(index, hold: hold)
    case .stall:
      hold.stallTimer = .none
      counters.disconnected += 1
      free(index)
      hold.sink.close(.slow)
    case .limiter, .expiry, .firstSubscription, .rate: break
    }
  }

  /// Answers a long-poll with the response that came with its instruction.
  func timedOut(_ index: Int32, hold: Hold) {
    guard var response = hold.response else { return }
    response.closes = response.closes || isStopped
    counters.timeouts += 1
    if let statistics {
      countHead(response.status, response.reason, Array(templates[hold.template]), hold, statistics)
      statistics.figures(of: hold.statisticsRoute).add { $0.client.contentSent += response.body.count }
    }
    complete(index, hold: hold, with: response.timedOut(fields: templates[hold.template]))
  }

  // MARK: Keep-alive

  func scheduleKeepAlive(_ hold: Hold, index: Int32, after time: TimeAmount) {
    // Spread, so that streams that began together do not stay together (§9.4: up to a second earlier).
    let jitter = TimeAmount.milliseconds(Int64.random(in: 0..<1000, using: &generator))
    let delay = max(time - jitter, .milliseconds(1))
    hold.keepAliveTimer = schedule(.keepAlive, for: index, after: delay)
  }

  private func keepAliveFired(_ index: Int32, hold: Hold) {
    hold.keepAliveTimer = .none
    guard let keepAlive = hold.keepAlive else { return }
    let timeout = TimeAmount(keepAlive.timeout)
    if keepAlive.mode == .idle {
      // Items only note their time; here it is seen how much of the quiet is left.
      let ticks = currentTick &- slab.hot[Int(index)].lastWrite
      let quiet = TimeAmount.nanoseconds(Int64(ticks) << 26)
      if quiet + .seconds(1) < timeout { return scheduleKeepAlive(hold, index: index, after: timeout - quiet) }
    }
    let isBlocked = slab.hot[Int(index)].flags.contains(.isPending)
    let isReading = hold.fetch?.hasBody == true
    let slot = slab.slot(index)
    if !isBlocked, !isReading {
      counters.keepAlives += 1
      statistics?.figures(of: hold.statisticsRoute).add {
        $0.activity += 1
        $0.client.contentSent += keepAlive.content.count
      }
      scratch.clear()
      scratch.writePart(keepAlive.content, framing: framing(of: index))
      write(scratch, to: index, hold: hold)
    }
    guard slab.hold(slot) != nil else { return }
    scheduleKeepAlive(hold, index: index, after: timeout)
  }

  // MARK: Next link

  private func scheduleNextLink(_ hold: Hold, index: Int32) {
    guard let link = hold.nextLink else { return }
    // LIMIT: at most once a second, whatever the origin says.
    let time = max(TimeAmount(link.timeout), .seconds(1))
    // Up to a tenth earlier: origins rely on "not much later" only.
    let jitter = Int64.random(in: 0..<time.nanoseconds / 10, using: &generator)
    hold.nextLinkTimer = schedule(.nextLink, for: index, after: time - .nanoseconds(jitter))
  }

  private func nextLinkFired(_ index: Int32, hold: Hold) {
    hold.nextLinkTimer = .none
    if hold.state == .filtering { return scheduleNextLink(hold, index: index) }
    guard hold.state == .holding else { return }
    let all: UInt32 = hold.channels.count >= 32 ? .max : (1 << UInt32(hold.channels.count)) - 1
    let isActive = !hold.channels.isEmpty && slab.hot[Int(index)].activity & all == all
    if isActive || slab.hot[Int(index)].flags.contains(.isPending) {
      slab.hot[Int(index)].activity = 0
      scheduleNextLink(hold, index: index)
      return
    }
    let slot = slab.slot(index)
    requestUpdate(slot)
  }
}
