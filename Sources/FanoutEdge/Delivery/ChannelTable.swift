import FanoutBus

/// What waits to be done for a channel on a loop, in order.
enum ChannelWork {
  case item(PublishedItem)
  /// The last id at the channel's home when a hold's subscription reached it.
  case check(slot: HoldSlot, lastID: String)
  /// The reliable holds look again.
  case update
}

/// How holds listen.
package enum HoldKind: UInt8, Sendable, CaseIterable {
  case poll
  case stream
  case socket

  /// A count for each, none yet.
  static var noCounts: [Int] { Array(repeating: 0, count: allCases.count) }

  /// The name of the transport in metrics and JSON.
  package var name: String {
    switch self {
    case .poll: "long-poll"
    case .stream: "stream"
    case .socket: "websocket"
    }
  }
}

/// The channels that have listeners on one loop: names interned once, members in arrays.
struct ChannelTable {
  /// A channel with listeners, or with work left.
  struct Entry {
    var name: String
    var streams = MemberList()
    var polls = MemberList()
    var sockets = MemberList()
    /// What waits; the first `done` of it is done.
    var work: [ChannelWork] = []
    var done = 0
    /// What is handed round now.
    var fanout: Fanout?
    /// Whether it stands in the loop's list of channels with work.
    var isActive = false

    var hasWork: Bool { fanout != nil || done < work.count }
    var hasMembers: Bool { !streams.isEmpty || !polls.isEmpty || !sockets.isEmpty }

    /// The item that comes next, where an item does.
    var nextItem: PublishedItem? {
      if done < work.count, case .item(let item) = work[done] { item } else { nil }
    }

    /// The listeners of a kind.
    subscript(kind: HoldKind) -> MemberList {
      _read {
        switch kind {
        case .poll: yield polls
        case .stream: yield streams
        case .socket: yield sockets
        }
      }
      _modify {
        switch kind {
        case .poll: yield &polls
        case .stream: yield &streams
        case .socket: yield &sockets
        }
      }
    }

    /// Takes what comes next.
    mutating func takeWork() -> ChannelWork? {
      guard done < work.count else { return nil }
      let next = work[done]
      done += 1
      if done == work.count {
        work = []
        done = 0
      } else if done >= 64 {
        work.removeFirst(done)
        done = 0
      }
      return next
    }
  }

  private(set) var indices: [String: Int32] = [:]
  var entries: ContiguousArray<Entry> = []
  private var free: [Int32] = []

  var count: Int { indices.count }

  /// The channel's index, where it has listeners here.
  func index(of name: String) -> Int32? { indices[name] }

  /// The channel's index; it is made where it is new.
  mutating func intern(_ name: String) -> Int32 {
    if let index = indices[name] { return index }
    let index: Int32
    if let recycled = free.popLast() {
      index = recycled
      entries[Int(index)] = Entry(name: name)
    } else {
      index = Int32(entries.count)
      entries.append(Entry(name: name))
    }
    indices[name] = index
    return index
  }

  /// Frees a channel without members and work.
  mutating func release(_ index: Int32) {
    indices[entries[Int(index)].name] = nil
    entries[Int(index)] = Entry(name: "")
    free.append(index)
  }
}
