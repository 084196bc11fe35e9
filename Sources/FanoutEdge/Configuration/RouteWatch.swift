import CLinux
package import Logging
package import NIOCore
import Synchronization

/// Reads the routes again when their file has changed, and when it is asked to.
///
/// **Shape**: the file is looked at once an interval. A change seen is taken over one interval later, so that a file that is
/// being written is read once and whole; what changes meanwhile is seen at the next look. An editor that puts a new file in
/// the old one's place makes no difference, since it is the path that is looked at.
/// **Isolation**: any thread; reading is done on the loop that `start` was given, which must not serve clients.
package final class RouteWatch: Sendable {
  private struct State {
    var stamp: FileStamp?
    var isPending = false
    var task: RepeatedTask?
  }

  private let path: String?
  private let interval: TimeAmount
  private let read: @Sendable () -> (table: RouteTable, notes: [ConfigurationNote])
  private let take: @Sendable (RouteTable) -> Void
  private let logger: Logger
  private let state: Mutex<State>

  /// A watch that is not started.
  ///
  /// - Parameters:
  ///   - path: the file; `nil` where there is none to look at.
  ///   - since: the file's state before the present routes were read; what has changed since then counts.
  ///   - interval: between two looks; zero looks never.
  ///   - read: gives the routes as they are now.
  ///   - take: gets the new ones.
  package init(
    path: String?, since: FileStamp?, interval: TimeAmount, logger: Logger,
    read: @escaping @Sendable () -> (table: RouteTable, notes: [ConfigurationNote]),
    take: @escaping @Sendable (RouteTable) -> Void
  ) {
    self.path = path
    self.interval = interval
    self.logger = logger
    self.read = read
    self.take = take
    state = Mutex(State(stamp: since))
  }

  /// Looks from now on.
  package func start(on loop: any EventLoop) {
    guard path != nil, interval > .zero else { return }
    let task = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [weak self] _ in self?.look() }
    state.withLock { $0.task = task }
  }

  /// Looks no more.
  package func stop() {
    let task = state.withLock { state in
      defer { state.task = nil }
      return state.task
    }
    task?.cancel()
  }

  /// One look.
  package func look() {
    guard let path else { return }
    let stamp = FileStamp(path)
    let isDue = state.withLock { state in
      if state.isPending {
        state.isPending = false
        state.stamp = stamp
        return true
      }
      state.isPending = stamp != state.stamp
      return false
    }
    if isDue { reload() }
  }

  /// Reads the routes and takes them over: the good lines of them, or nothing where there is none.
  package func reload() {
    let (table, notes) = read()
    for note in notes {
      logger.warning("the routes have a problem", metadata: ["reason": "\(note.description)"])
    }
    if notes.contains(where: { $0.gravity == .error }) {
      logger.error("the routes stay as they were")
    } else {
      take(table)
    }
  }
}

/// What tells one state of a file from another.
package struct FileStamp: Sendable, Hashable {
  private var parts: [Int64]

  /// The file's present state; `nil` where there is no file.
  package init?(_ path: String) {
    var values = [Int64](repeating: 0, count: 6)
    guard clinux_file_stamp(path, &values) == 0 else { return nil }
    parts = values
  }
}
