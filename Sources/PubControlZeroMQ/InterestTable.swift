import Synchronization

/// Who listens behind each endpoint, and who wants to know.
///
/// **Isolation**: any thread.
final class InterestTable: Sendable {
  private struct State {
    var wanted: Set<Key> = []
    var readers: [Int: AsyncStream<ChannelInterest>.Continuation] = [:]
    var lastReader = 0
    var isOver = false
  }

  private struct Key: Hashable {
    var endpoint: Int
    var channel: String
  }

  /// LIMIT: changes that a reader is behind; then it loses the oldest.
  private static let readerLimit = 100_000

  private let state = Mutex(State())

  /// Whether somebody listens.
  func isWanted(_ channel: String, at endpoint: Int) -> Bool {
    state.withLock { $0.wanted.contains(Key(endpoint: endpoint, channel: channel)) }
  }

  /// An endpoint tells of a channel.
  func changed(_ interest: ChannelInterest) {
    state.withLock { state in
      let key = Key(endpoint: interest.endpoint, channel: interest.channel)
      let isNews = interest.isWanted ? state.wanted.insert(key).inserted : state.wanted.remove(key) != nil
      guard isNews else { return }
      for reader in state.readers.values { reader.yield(interest) }
    }
  }

  /// What is known now, then every change.
  func changes() -> AsyncStream<ChannelInterest> {
    let (stream, reader) = AsyncStream.makeStream(
      of: ChannelInterest.self, bufferingPolicy: .bufferingNewest(Self.readerLimit))
    let number: Int? = state.withLock { state in
      guard !state.isOver else { return nil }
      for key in state.wanted {
        reader.yield(ChannelInterest(endpoint: key.endpoint, channel: key.channel, isWanted: true))
      }
      state.lastReader += 1
      state.readers[state.lastReader] = reader
      return state.lastReader
    }
    guard let number else {
      reader.finish()
      return stream
    }
    reader.onTermination = { [weak self] _ in self?.leave(number) }
    return stream
  }

  /// Nothing changes any more.
  func end() {
    let readers = state.withLock { state in
      defer { state.readers = [:] }
      state.isOver = true
      state.wanted = []
      return state.readers
    }
    for reader in readers.values { reader.finish() }
  }

  private func leave(_ number: Int) {
    state.withLock { _ = $0.readers.removeValue(forKey: number) }
  }
}
