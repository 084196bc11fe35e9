import Synchronization

/// Does what senders ask: one thing after another for each sender, several senders at the same time.
///
/// **Isolation**: thread-safe.
final class SenderQueues: Sendable {
  typealias Work = @Sendable () async -> Void

  private struct State {
    /// What waits, by sender; a sender whose work runs has an entry, even an empty one.
    var waiting: [String: [Work]] = [:]
    var count = 0
  }

  private let state = Mutex(State())
  private let maxPerSender: Int
  private let maxTotal: Int

  init(maxPerSender: Int, maxTotal: Int) {
    self.maxPerSender = maxPerSender
    self.maxTotal = maxTotal
  }

  /// Adds work; gives whether there was room for it.
  func add(_ sender: String, _ work: @escaping Work) -> Bool {
    enum Outcome { case refused, queued, runs }
    let outcome = state.withLock { state -> Outcome in
      guard state.count < maxTotal, (state.waiting[sender]?.count ?? 0) < maxPerSender else { return .refused }
      state.count += 1
      guard state.waiting[sender] != nil else {
        state.waiting[sender] = []
        return .runs
      }
      state.waiting[sender]?.append(work)
      return .queued
    }
    if outcome == .runs { run(work, of: sender) }
    return outcome != .refused
  }

  private func run(_ first: @escaping Work, of sender: String) {
    Task {
      var next: Work? = first
      while let work = next {
        await work()
        next = finished(sender)
      }
    }
  }

  /// Notes that something is done, and gives what comes next.
  private func finished(_ sender: String) -> Work? {
    state.withLock { state in
      state.count -= 1
      guard var waiting = state.waiting[sender], !waiting.isEmpty else {
        state.waiting[sender] = nil
        return nil
      }
      let next = waiting.removeFirst()
      state.waiting[sender] = waiting
      return next
    }
  }
}
