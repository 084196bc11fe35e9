/// What one connection has got of its channel.
///
/// LIMIT: it remembers up to 1,024 gaps. With one more the oldest is written off: its messages stay lost, and if one of
/// them comes after all it counts as a duplicate.
struct DeliveryLedger: Sendable, Equatable {
  /// The counts of any number of connections.
  struct Counts: Sendable, Equatable {
    /// Messages that came for the first time.
    var delivered = 0
    /// Messages that never came.
    var lost = 0
    /// Messages that came again.
    var duplicated = 0
    /// Messages that came after a later one.
    var reordered = 0
    /// Messages of another channel.
    var misrouted = 0

    /// Whether every message came once, in order and to the right connection.
    var isClean: Bool { lost == 0 && duplicated == 0 && reordered == 0 && misrouted == 0 }

    /// Adds another's counts.
    mutating func add(_ other: Counts) {
      delivered += other.delivered
      lost += other.lost
      duplicated += other.duplicated
      reordered += other.reordered
      misrouted += other.misrouted
    }
  }

  /// The number of the channel that the connection asked for.
  let channel: Int
  /// The highest sequence that came; 0 where none did.
  private(set) var highest = 0

  private var seen = Counts()
  private var gaps: [ClosedRange<Int>] = []
  private static let gapLimit = 1_024

  /// A ledger without an entry.
  init(channel: Int) {
    self.channel = channel
  }

  /// Enters a message; says whether it came for the first time, so that its latency counts.
  mutating func record(channel: Int, sequence: Int) -> Bool {
    guard channel == self.channel else {
      seen.misrouted += 1
      return false
    }
    if sequence > highest {
      if sequence > highest + 1 { open(highest + 1...sequence - 1) }
      highest = sequence
    } else if let index = gaps.firstIndex(where: { $0.contains(sequence) }) {
      fill(sequence, in: index)
      seen.reordered += 1
    } else {
      seen.duplicated += 1
      return false
    }
    seen.delivered += 1
    return true
  }

  /// The counts, if `published` messages went to the channel.
  func counts(published: Int) -> Counts {
    var counts = seen
    counts.lost = max(0, max(published, highest) - seen.delivered)
    return counts
  }

  private mutating func open(_ gap: ClosedRange<Int>) {
    if gaps.count == Self.gapLimit { gaps.removeFirst() }
    gaps.append(gap)
  }

  private mutating func fill(_ sequence: Int, in index: Int) {
    let gap = gaps.remove(at: index)
    var parts: [ClosedRange<Int>] = []
    if gap.lowerBound < sequence { parts.append(gap.lowerBound...sequence - 1) }
    if sequence < gap.upperBound { parts.append(sequence + 1...gap.upperBound) }
    gaps.insert(contentsOf: parts, at: index)
    if gaps.count > Self.gapLimit { gaps.removeFirst() }
  }
}
