import Synchronization

/// Tells any number of listeners the newest committed sequence. A slow listener misses the ones in between, never the last.
///
/// **Isolation**: thread-safe.
final class CommitSignal: Sendable {
  private struct State {
    var listeners: [Int: AsyncStream<Int64>.Continuation] = [:]
    var nextKey = 0
    var newest: Int64 = 0
  }

  private let state = Mutex(State())

  func send(_ sequence: Int64) {
    state.withLock { state in
      state.newest = max(state.newest, sequence)
      for listener in state.listeners.values { listener.yield(state.newest) }
    }
  }

  /// Sequences from now on, until the stream is no longer read.
  func stream() -> AsyncStream<Int64> {
    let (stream, continuation) = AsyncStream.makeStream(of: Int64.self, bufferingPolicy: .bufferingNewest(1))
    let key = state.withLock { state in
      state.nextKey += 1
      state.listeners[state.nextKey] = continuation
      return state.nextKey
    }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.listeners.removeValue(forKey: key) }
    }
    return stream
  }

  /// The newest sequence that listeners were told of; 0 before the first.
  var newest: Int64 { state.withLock(\.newest) }

  /// How many listen.
  var listenerCount: Int { state.withLock(\.listeners.count) }
}
