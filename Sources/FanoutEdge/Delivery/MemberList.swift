/// A hold's place in a channel.
struct Member {
  /// The hold's slot.
  var slot: Int32
  /// Which of the hold's channels this is.
  var entry: UInt8
  /// Whether items pass as they are; false where a filter looks at them.
  var isPlain: Bool
  /// The id of the last item that the listener has; `nil` where the channel is not reliable for it.
  var previousID: String?
}

/// The holds of one kind that listen to a channel, in no order.
///
/// While an item is handed round the list is walked from its end to its start, in slices; `cursor` is the number of
/// members that it has not reached. Members that come meanwhile are put behind the cursor, and removing keeps both parts
/// apart: nobody is forgotten, nobody gets an item twice.
struct MemberList {
  private(set) var members: ContiguousArray<Member> = []
  /// Members before this index still wait for the current item; 0 between two items.
  private(set) var cursor = 0

  var count: Int { members.count }
  var isEmpty: Bool { members.isEmpty }

  /// Starts to hand an item round.
  mutating func startWalk() { cursor = members.count }

  /// The index of the next member to get the item; `nil` when all have it.
  mutating func next() -> Int? {
    guard cursor > 0 else { return nil }
    cursor -= 1
    return cursor
  }

  /// Adds a member. It does not get the item that is handed round now.
  mutating func append(_ member: Member) -> Int {
    members.append(member)
    return members.count - 1
  }

  /// Sets the id of the last item that a member has.
  mutating func setPreviousID(_ id: String?, at index: Int) {
    members[index].previousID = id
  }

  /// Changes a member in its place.
  mutating func update(at index: Int, _ change: (inout Member) -> Void) {
    change(&members[index])
  }

  /// Removes a member. `moved` is called with the index of each member that has changed its place.
  mutating func remove(at index: Int, moved: (Int, Member) -> Void) {
    let last = members.count - 1
    var hole = index
    if index < cursor {
      cursor -= 1
      if index != cursor {
        members[index] = members[cursor]
        moved(index, members[index])
      }
      hole = cursor
    }
    if hole != last {
      members[hole] = members[last]
      moved(hole, members[hole])
    }
    members.removeLast()
  }
}
