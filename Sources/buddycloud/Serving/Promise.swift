import Synchronization

/// A value that comes later, once.
final class Promise<Value: Sendable>: Sendable {
  private struct State {
    var value: Value?
    var nextID = 0
    var waiting: [Int: CheckedContinuation<Value?, Never>] = [:]
  }

  private let state = Mutex(State())

  /// Gives the value to all who wait; a second value is ignored.
  func set(_ value: Value) {
    let waiting = state.withLock { state in
      if state.value == nil { state.value = value }
      defer { state.waiting = [:] }
      return Array(state.waiting.values)
    }
    for continuation in waiting { continuation.resume(returning: value) }
  }

  /// The value, when it is there; `nil` when the task that waits is cancelled.
  var value: Value? {
    get async {
      let id = state.withLock { state in
        state.nextID += 1
        return state.nextID
      }
      return await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let isOver = state.withLock { state in
            if state.value != nil || Task.isCancelled { return true }
            state.waiting[id] = continuation
            return false
          }
          if isOver { continuation.resume(returning: state.withLock(\.value)) }
        }
      } onCancel: {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: nil)
      }
    }
  }
}
