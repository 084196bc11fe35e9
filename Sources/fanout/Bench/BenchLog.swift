import Synchronization

/// What was published, for those who were away: an origin has to know what somebody missed, between two polls or otherwise.
///
/// LIMIT: it keeps the last 256 messages of a channel, and fewer where they are large: 64 MiB in all, but one at least.
final class BenchLog: Sendable {
  private struct Lines {
    var head = 0
    var texts: [String] = []
  }

  private let capacity: Int
  private let channels: Mutex<[Lines]>

  /// A log without an entry.
  init(channels: Int, size: Int) {
    capacity = min(256, max(1, (64 << 20) / (max(1, channels) * max(1, size))))
    self.channels = Mutex(Array(repeating: Lines(), count: channels))
  }

  /// Enters the next message of a channel.
  func append(_ text: String, channel: Int) {
    channels.withLock {
      $0[channel].head += 1
      if $0[channel].texts.count == capacity { $0[channel].texts.removeFirst() }
      $0[channel].texts.append(text)
    }
  }

  /// What of a channel came after a sequence and is still there, and the sequence of the last message.
  func messages(after sequence: Int, channel: Int) -> (texts: [String], head: Int) {
    channels.withLock {
      let lines = $0[channel]
      return (Array(lines.texts.suffix(max(0, lines.head - max(0, sequence)))), lines.head)
    }
  }
}
