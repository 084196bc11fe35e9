import Foundation

/// The processes that tests have started and that still run: killed when the test run ends, in whatever way it can notice.
///
/// `@unchecked Sendable`: the set is touched under `lock` only.
final class LiveProcesses: @unchecked Sendable {
  static let shared = LiveProcesses()

  private let lock = NSLock()
  private var ids: Set<pid_t> = []

  private init() {
    atexit { LiveProcesses.shared.killAll() }
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        LiveProcesses.shared.killAll()
        Glibc.signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  func insert(_ id: pid_t) { lock.withLock { _ = ids.insert(id) } }

  func remove(_ id: pid_t) { lock.withLock { _ = ids.remove(id) } }

  /// Ends every process group that is left. `try`, because a signal may have come while the lock was held.
  private func killAll() {
    guard lock.try() else { return }
    for id in ids { kill(-id, SIGKILL) }
    lock.unlock()
  }
}

/// How many descriptors this process, and what it starts, may have.
enum DescriptorLimit {
  private static let raised: Void = {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }()

  /// Raises the soft limit to the hard one, once.
  static func raise() { _ = raised }
}
