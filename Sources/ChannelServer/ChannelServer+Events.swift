package import Channels

extension ChannelServer: EventSource {
  package func events(in queue: EventQueue, after cursor: Int64, max: Int) async throws(ChannelError) -> EventPage {
    let max = Swift.min(Swift.max(max, 1), configuration.limits.maxEvents)
    return try await store.read { try $0.events(in: queue, after: cursor, max: max) }
  }

  package func outbox(after sequence: Int64, maxEvents: Int) async throws(ChannelError) -> [QueuedEvent] {
    let max = Swift.min(Swift.max(maxEvents, 1), configuration.limits.maxEvents)
    return try await store.read { try $0.outbox(after: sequence, maxEvents: max) }
  }

  package func outboxHead() async throws(ChannelError) -> Int64 {
    try await store.read { try $0.outboxHead() }
  }

  /// A reader begins with the stream and then reads the outbox, so that nothing falls between the two.
  package func commits() -> AsyncStream<Int64> {
    signal.stream()
  }

  /// Tells listeners of events that another process has committed, such as `buddycloud user remove`; once.
  package func signalForeignCommits() async throws(ChannelError) {
    let head = try await outboxHead()
    if head > signal.newest { signal.send(head) }
  }

  /// Does so again and again, until the task is cancelled.
  ///
  /// Errors are passed over: whoever reads or writes hears the same, and the next round is soon.
  package func watchForeignCommits() async {
    while (try? await surroundings.sleep(configuration.foreignCommitInterval)) != nil {
      try? await signalForeignCommits()
    }
  }

  package func relayPosition(_ name: String) async throws(ChannelError) -> Int64? {
    try await store.read { try $0.relayPosition(name) }
  }

  package func setRelayPosition(_ name: String, to sequence: Int64) async throws(ChannelError) {
    try await store.write { try $0.setRelayPosition(name, to: sequence) }
  }

  /// Removes what retention no longer keeps; gives how many events.
  package func removeOldEvents() async throws(ChannelError) -> Int {
    let retention = configuration.retention
    let before = surroundings.now().milliseconds - retention.age.components.seconds * 1000
    let step = EventRetention(before: Timestamp(milliseconds: before), maxEvents: retention.maxEvents)
    var total = 0
    while true {
      let removed = try await store.write { try $0.prune(step) }
      total += removed
      if removed == 0 { break }
    }
    let now = surroundings.now().milliseconds
    let buried = Timestamp(milliseconds: now - retention.tombstoneAge.components.seconds * 1000)
    while try await store.write({ try $0.pruneTombstones(before: buried, max: step.batch) }) > 0 {}
    return total
  }

  /// Removes old events now and then, until the task is cancelled.
  /// - Parameter report: Hears of a round that failed; the next is tried all the same.
  package func maintain(report: @Sendable (ChannelError) -> Void) async {
    while !Task.isCancelled {
      do {
        _ = try await removeOldEvents()
      } catch {
        report(error)
      }
      do {
        try await surroundings.sleep(configuration.retention.interval)
      } catch {
        return
      }
    }
  }
}
