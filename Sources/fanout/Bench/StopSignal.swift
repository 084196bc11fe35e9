import Dispatch
import Glibc
import Synchronization

/// Whether somebody wants the program to end: Ctrl-C or SIGTERM.
final class StopSignal: Sendable {
  private let flag = Atomic(false)

  /// Whether it came.
  var isGiven: Bool { flag.load(ordering: .relaxed) }

  /// Gives it.
  func give() { flag.store(true, ordering: .relaxed) }

  /// Takes SIGINT and SIGTERM for this, as long as what it gives is kept; the second one ends the program at once.
  func watch() -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [self] in
        if isGiven { _exit(128 + number) }
        give()
      }
      source.resume()
      return source
    }
  }

  /// Sleeps until a moment of `BenchClock`, or until the signal comes: that is seen within a twentieth of a second.
  func sleep(until moment: Int64) async throws {
    while !isGiven {
      let rest = moment - BenchClock.now()
      guard rest > 0 else { return }
      try await Task.sleep(nanoseconds: UInt64(min(rest, 50_000_000)))
    }
  }
}
