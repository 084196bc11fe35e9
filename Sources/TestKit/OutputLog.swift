import Foundation

/// What a process has written so far, line by line, for whoever waits for a line.
///
/// `@unchecked Sendable`: everything mutable is touched under `condition` only.
package final class OutputLog: @unchecked Sendable {
  private let condition = NSCondition()
  private var bytes: [UInt8] = []
  private var isComplete = false

  /// Takes what arrived on the process's output.
  func append(_ chunk: some Sequence<UInt8>) {
    condition.withLock {
      bytes.append(contentsOf: chunk)
      condition.broadcast()
    }
  }

  /// Notes that nothing more will come.
  func finish() {
    condition.withLock {
      isComplete = true
      condition.broadcast()
    }
  }

  /// All of it.
  package var text: String { condition.withLock { String(decoding: bytes, as: UTF8.self) } }

  /// The last `count` lines, for messages.
  package func tail(_ count: Int = 25) -> String {
    text.split(separator: "\n").suffix(count).joined(separator: "\n")
  }

  /// Waits for a whole line that `match` gives a value for, after `skipped` such lines. `nil` when the output ended or the
  /// deadline passed first.
  package func firstValue<Value>(
    within duration: Duration, after skipped: Int = 0, match: @escaping (Substring) -> Value?
  ) -> Value? {
    let deadline = Deadline(in: duration)
    condition.lock()
    defer { condition.unlock() }
    while true {
      let complete = isComplete ? bytes[...] : bytes[..<((bytes.lastIndex(of: 10) ?? -1) + 1)]
      let values = String(decoding: complete, as: UTF8.self).split(separator: "\n").lazy.compactMap(match)
      if let value = values.dropFirst(skipped).first { return value }
      if isComplete || deadline.hasPassed { return nil }
      _ = condition.wait(until: deadline.date)
    }
  }

  /// How many bytes there are.
  package var count: Int { condition.withLock { bytes.count } }

  /// Waits for a whole line that `matches` says yes to, and returns where the next one begins. `nil` when the output ended
  /// or the deadline passed first.
  ///
  /// - Parameter offset: where to begin to look; the beginning of a line.
  package func endOfLine(from offset: Int, within duration: Duration, where matches: (Substring) -> Bool) -> Int? {
    let deadline = Deadline(in: duration)
    var start = offset
    condition.lock()
    defer { condition.unlock() }
    while true {
      while let end = bytes[start...].firstIndex(of: 10) {
        let line = Substring(decoding: bytes[start..<end], as: UTF8.self)
        start = end + 1
        if matches(line) { return start }
      }
      if isComplete || deadline.hasPassed { return nil }
      _ = condition.wait(until: deadline.date)
    }
  }

  /// Waits for the end of the output.
  func waitForEnd(within duration: Duration) {
    let deadline = Deadline(in: duration)
    condition.lock()
    defer { condition.unlock() }
    while !isComplete, !deadline.hasPassed { _ = condition.wait(until: deadline.date) }
  }
}
