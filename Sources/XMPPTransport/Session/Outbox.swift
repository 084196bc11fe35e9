import Synchronization

/// Stanzas that wait to be written, put there by any thread and taken by the session's loop.
///
/// **Units**: the bounds count what waits here, not what has been written and waits for its acknowledgement.
final class Outbox: Sendable {
  private struct State {
    var items: [[UInt8]] = []
    /// What has been taken already, so that taking moves nothing.
    var taken = 0
    var bytes = 0
    var isOpen = false
    var refusal = TransportError.offline
    var isWakeDue = false
    var hasOverflowed = false
  }

  let maxItems: Int
  let maxBytes: Int
  private let state = Mutex(State())

  init(maxItems: Int, maxBytes: Int) {
    self.maxItems = maxItems
    self.maxBytes = maxBytes
  }

  /// Adds stanzas, all or none. Gives whether the loop must be woken.
  func append(_ stanzas: [[UInt8]]) throws(TransportError) -> Bool {
    let size = stanzas.reduce(0) { $0 + $1.count }
    let result: Result<Bool, TransportError> = state.withLock { state in
      guard state.isOpen else { return .failure(state.refusal) }
      let waiting = state.items.count - state.taken
      // One stanza always has room: a bound below its size would never let it out.
      guard waiting == 0 || (waiting + stanzas.count <= maxItems && state.bytes + size <= maxBytes) else {
        state.hasOverflowed = true
        return .failure(.overflow(items: waiting, bytes: state.bytes))
      }
      state.items += stanzas
      state.bytes += size
      let wakes = !state.isWakeDue
      state.isWakeDue = true
      return .success(wakes)
    }
    return try result.get()
  }

  /// Takes up to so many stanzas, and of them only as many as begin within so many bytes. `isDrained`: what overflowed once
  /// has half of its room again.
  func take(maxItems count: Int, maxBytes size: Int) -> (items: ArraySlice<[UInt8]>, isDrained: Bool) {
    state.withLock { state in
      state.isWakeDue = false
      var end = state.taken
      var bytes = 0
      while end < state.items.count, end - state.taken < count, bytes < size {
        bytes += state.items[end].count
        end += 1
      }
      let taken = state.items[state.taken..<end]
      state.taken = end
      state.bytes -= bytes
      if state.taken == state.items.count {
        state.items = []
        state.taken = 0
      } else if state.taken > 1024 {
        state.items.removeFirst(state.taken)
        state.taken = 0
      }
      let isDrained =
        state.hasOverflowed && (state.items.count - state.taken) * 2 <= maxItems && state.bytes * 2 <= maxBytes
      if isDrained { state.hasOverflowed = false }
      return (taken, isDrained)
    }
  }

  /// Whether nothing waits.
  var isEmpty: Bool { state.withLock { $0.items.count == $0.taken } }

  /// Accepts stanzas from now on.
  func open() { state.withLock { $0.isOpen = true } }

  /// Refuses stanzas from now on, and gives those that will not go out.
  func close(_ refusal: TransportError) -> [[UInt8]] {
    state.withLock { state in
      let left = Array(state.items[state.taken...])
      state = State()
      state.refusal = refusal
      return left
    }
  }
}
