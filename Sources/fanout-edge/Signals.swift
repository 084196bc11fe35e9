import Glibc
import Synchronization

/// Signals as values: blocked everywhere, waited for by one thread.
///
/// **Why**: a handler may do almost nothing; a thread in `sigwait` may do everything.
enum Signals {
  private static let handled = [SIGTERM, SIGINT, SIGHUP]
  private static let continuation = Mutex<AsyncStream<Int32>.Continuation?>(nil)
  private static let isWaiting = Atomic<Bool>(false)

  /// Blocks the signals for this thread and those that it makes. First thing in the process.
  static func block() {
    signal(SIGPIPE, SIG_IGN)
    var set = signalSet()
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// The signals from now on. One stream at a time gets them.
  static func stream() -> AsyncStream<Int32> {
    let (stream, new) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingNewest(16))
    continuation.withLock { $0 = new }
    if !isWaiting.exchange(true, ordering: .relaxed) { startThread() }
    return stream
  }

  private static func startThread() {
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { _ in
        while true {
          var set = Signals.signalSet()
          var number: Int32 = 0
          guard sigwait(&set, &number) == 0 else { continue }
          let signal = number
          _ = Signals.continuation.withLock { $0?.yield(signal) }
        }
      }, nil)
    if result == 0 { pthread_detach(thread) }
  }

  private static func signalSet() -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in handled { sigaddset(&set, number) }
    return set
  }
}
