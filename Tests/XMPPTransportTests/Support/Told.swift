import Foundation
import Synchronization

/// A text that a thread tells a test.
final class Told: Sendable {
  private let state = Mutex<(value: String, waiting: [CheckedContinuation<Void, Never>])>(("", []))

  var value: String { state.withLock { $0.value } }

  func set(_ text: String) {
    let waiting = state.withLock { state in
      state.value = text
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Waits until there is one.
  func wait() async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if !state.value.isEmpty { return true }
        state.waiting.append(continuation)
        return false
      }
      if isThere { continuation.resume() }
    }
  }
}

/// What a thread waits at until a test lets it through.
final class Gate: @unchecked Sendable {
  private let condition = NSCondition()
  private var isOpen = false

  func open() {
    condition.withLock {
      isOpen = true
      condition.broadcast()
    }
  }

  func wait() {
    condition.lock()
    defer { condition.unlock() }
    while !isOpen { condition.wait() }
  }
}

extension Told {
  /// Waits, where that is wanted.
  func waitIf(_ isWanted: Bool) async { if isWanted { await wait() } }
}
