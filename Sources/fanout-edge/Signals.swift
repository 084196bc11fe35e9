import Glibc
import Synchronization

/// Signals as values: a handler writes each into a pipe, one thread reads it.
///
/// **Why**: a handler may do almost nothing; a thread may do everything. Blocking signals and waiting for them in one
/// thread would need every thread to block them, and those of the runtime don't.
enum Signals {
  private static let continuation = Mutex<AsyncStream<Int32>.Continuation?>(nil)
  private static let isStarted = Atomic<Bool>(false)

  /// SIGTERM, SIGINT and SIGHUP from now on. One stream at a time gets them.
  static func stream() -> AsyncStream<Int32> {
    let (stream, new) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingNewest(16))
    continuation.withLock { $0 = new }
    if !isStarted.exchange(true, ordering: .relaxed) { start() }
    return stream
  }

  private static func start() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    signalPipe.read = ends[0]
    signalPipe.write = ends[1]
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { _ in
        var number: UInt8 = 0
        while true {
          let count = read(signalPipe.read, &number, 1)
          if count == 1 {
            let signal = Int32(number)
            _ = Signals.continuation.withLock { $0?.yield(signal) }
          } else if count == 0 || errno != EINTR {
            return nil
          }
        }
      }, nil)
    guard result == 0 else { return }
    pthread_detach(thread)
    for number in [SIGTERM, SIGINT, SIGHUP] {
      signal(number) { number in
        // Only what a handler may call; the pipe is set before any handler is.
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(signalPipe.write, &byte, 1)
        errno = saved
      }
    }
  }
}

/// Written once, before the handlers and the thread that read it exist.
nonisolated(unsafe) private var signalPipe: (read: Int32, write: Int32) = (-1, -1)
