/// The part of a hold that a delivery reads: plain numbers, side by side.
struct HotSlot {
  /// What is true of a slot.
  struct Flags: OptionSet {
    let rawValue: UInt8

    static let isUsed = Flags(rawValue: 1)
    /// Bytes may be sent on the descriptor at once: a stream that holds, with nothing pending.
    static let isFast = Flags(rawValue: 2)
    static let isChunked = Flags(rawValue: 4)
    /// The pipeline has bytes that have not left it.
    static let isPending = Flags(rawValue: 8)
    /// The client of a WebSocket has agreed to compressed messages.
    static let isDeflating = Flags(rawValue: 16)
  }

  var generation: UInt32 = 1
  var descriptor: Int32 = -1
  /// When something was written last, in ticks of the table.
  var lastWrite: UInt32 = 0
  /// The hold's channels, a bit each, that had an item since the next-link timer was set.
  var activity: UInt32 = 0
  var flags: Flags = []
}

/// The holds of a loop, by slot.
struct HoldSlab {
  private(set) var count = 0
  /// By the raw value of their kind.
  private(set) var countsByKind = HoldKind.noCounts
  var hot: ContiguousArray<HotSlot> = []
  private var cold: ContiguousArray<Hold?> = []
  private var free: [Int32] = []

  /// Takes a slot for a hold.
  mutating func insert(_ hold: Hold) -> Int32 {
    count += 1
    countsByKind[Int(hold.kind.rawValue)] += 1
    if let index = free.popLast() {
      cold[Int(index)] = hold
      hot[Int(index)].flags = .isUsed
      return index
    }
    hot.append(HotSlot(flags: .isUsed))
    cold.append(hold)
    return Int32(hot.count - 1)
  }

  /// Frees a slot; what still names it is stale from here on.
  mutating func remove(_ index: Int32) {
    count -= 1
    if let hold = cold[Int(index)] { countsByKind[Int(hold.kind.rawValue)] -= 1 }
    cold[Int(index)] = nil
    hot[Int(index)] = HotSlot(generation: hot[Int(index)].generation &+ 1)
    free.append(index)
  }

  /// The hold in a slot.
  subscript(index: Int32) -> Hold? { cold[Int(index)] }

  /// The slot's name for others.
  func slot(_ index: Int32) -> HoldSlot {
    HoldSlot(index: index, generation: hot[Int(index)].generation)
  }

  /// The hold that a slot names; `nil` where it has ended.
  func hold(_ slot: HoldSlot) -> Hold? {
    guard slot.index >= 0, Int(slot.index) < hot.count, hot[Int(slot.index)].generation == slot.generation else {
      return nil
    }
    return cold[Int(slot.index)]
  }

  /// Every slot in use.
  var used: [Int32] {
    hot.indices.filter { hot[$0].flags.contains(.isUsed) }.map { Int32($0) }
  }
}
