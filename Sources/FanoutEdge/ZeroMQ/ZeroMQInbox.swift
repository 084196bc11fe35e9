import CLinux
import Glibc
import Synchronization

/// What the event loops tell the thread of the ZeroMQ sockets, and how it is woken.
///
/// **Bounds**: interest is one entry for each channel, however often it changes; events beyond `eventLimit` are dropped and
/// counted. Those without which what is told would stay wrong (an end, a number of listeners) have four times the room.
/// **Isolation**: any thread, but for `take`, which is the ZeroMQ thread's.
final class ZeroMQInbox: Sendable {
  /// What waited.
  struct Contents {
    /// Channels whose listeners have come (true) or gone.
    var interest: [String: Bool] = [:]
    var events: [StatisticsEvent] = []
    /// Events dropped since the start.
    var dropped = 0
    /// Questions, each with its answer's way back.
    var questions: [@Sendable (StatisticsLedger) -> Void] = []
    /// Whether nothing more is to be read from publishers.
    var isIntakeOver = false
    /// Whether the thread is to end.
    var isOver = false

    var isEmpty: Bool { interest.isEmpty && events.isEmpty && questions.isEmpty }
  }

  /// Readable when something waits.
  let descriptor: Int32
  private let eventLimit: Int
  private let contents = Mutex(Contents())

  /// An empty inbox.
  ///
  /// - Parameter eventLimit: LIMIT: events that wait.
  init(eventLimit: Int) {
    self.eventLimit = eventLimit
    descriptor = clinux_event_descriptor()
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// A channel has its first listener, or has lost its last.
  func interestChanged(channel: String, isWanted: Bool) {
    change { $0.interest[channel] = isWanted }
  }

  /// Something has happened that is counted or told.
  func push(_ event: StatisticsEvent) {
    change { contents in
      if contents.events.count < (event.isLasting ? eventLimit * 4 : eventLimit) {
        contents.events.append(event)
      } else {
        contents.dropped += 1
      }
    }
  }

  /// Asks something of the ledger, on the ZeroMQ thread. After the end nobody answers; then false.
  func ask(_ question: @escaping @Sendable (StatisticsLedger) -> Void) -> Bool {
    let isTaken = contents.withLock { contents in
      guard !contents.isOver else { return false }
      contents.questions.append(question)
      return true
    }
    if isTaken { wake() }
    return isTaken
  }

  /// Publishers and commands are heard no more.
  func endIntake() {
    contents.withLock { $0.isIntakeOver = true }
    wake()
  }

  /// The thread ends after it has told what waits.
  func end() {
    contents.withLock { $0.isOver = true }
    wake()
  }

  /// Everything that waits.
  func take() -> Contents {
    var count: UInt64 = 0
    _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    return contents.withLock { contents in
      let taken = contents
      contents.interest = [:]
      contents.events = []
      contents.questions = []
      return taken
    }
  }

  private func change(_ body: (inout Contents) -> Void) {
    let wasEmpty = contents.withLock { contents in
      let wasEmpty = contents.isEmpty
      body(&contents)
      return wasEmpty
    }
    if wasEmpty { wake() }
  }

  private func wake() {
    var one: UInt64 = 1
    // It is full only when it has been woken often enough.
    _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
  }
}
