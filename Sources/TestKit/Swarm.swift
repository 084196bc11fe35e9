import Foundation

/// Thousands of connections that all ask the same and then listen: one thread, one `poll(2)` table.
///
/// Nothing is read while no method runs; what arrives meanwhile waits in the kernel.
package final class Swarm {
  /// One connection's state.
  package struct Member {
    fileprivate(set) var descriptor: Int32
    fileprivate(set) var isConnected = false
    fileprivate(set) var unsent: ArraySlice<UInt8>
    /// The first `bound` bytes that arrived.
    package fileprivate(set) var received: [UInt8] = []
    /// How many bytes arrived in all.
    package fileprivate(set) var byteCount = 0
    /// Whether the peer has closed.
    package fileprivate(set) var isEnded = false

    /// What arrived, as text.
    package var text: String { String(decoding: received, as: UTF8.self) }

    /// Whether these bytes are among what arrived.
    package func has(_ needle: [UInt8]) -> Bool { received.firstRange(of: needle) != nil }
  }

  /// All connections, in the order in which they were opened.
  package private(set) var members: [Member] = []
  private let address: Address
  private let bound: Int
  private let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 65_536)

  /// A swarm for one address. Of what each connection receives, the first `bound` bytes are kept.
  package init(address: Address, bound: Int = 16_384) {
    DescriptorLimit.raise()
    self.address = address
    self.bound = bound
  }

  /// Opens so many more connections, each of which sends `request`; at most `window` connect at the same time.
  package func open(_ count: Int, request: [UInt8], window: Int = 200, within duration: Duration = .seconds(120)) throws
  {
    let deadline = Deadline(in: duration)
    let target = members.count + count
    while members.count < target {
      let first = members.count
      for _ in 0..<min(window, target - first) { members.append(try begin(request)) }
      try run(deadline, over: first..<members.count) { $0.isConnected && $0.unsent.isEmpty }
    }
  }

  /// Reads until every connection satisfies `predicate`.
  package func wait(within duration: Duration = .seconds(120), until predicate: (Member) -> Bool) throws {
    try run(Deadline(in: duration), over: members.indices, until: predicate)
  }

  /// Reads what has already arrived, without waiting.
  package func drain() { _ = turn(over: members.indices.filter { !members[$0].isEnded }, milliseconds: 0) }

  /// Forgets what arrived so far.
  package func forget() {
    for index in members.indices { members[index].received = [] }
  }

  /// Closes all, or those of a range.
  package func close(_ range: Range<Int>? = nil, reset: Bool = false) {
    for index in range ?? members.indices where members[index].descriptor >= 0 {
      if reset {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(members[index].descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
      }
      Glibc.close(members[index].descriptor)
      members[index].descriptor = -1
      members[index].isEnded = true
    }
  }

  deinit {
    close()
    scratch.deallocate()
  }

  private func begin(_ request: [UInt8]) throws -> Member {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw TestFailure("socket: \(String(cString: strerror(errno)))") }
    setNonBlocking(descriptor)
    let status = address.withSocketAddress { Glibc.connect(descriptor, $0, $1) }
    if status != 0, errno != EINPROGRESS {
      let reason = String(cString: strerror(errno))
      Glibc.close(descriptor)
      throw TestFailure("cannot connect to \(address): \(reason)")
    }
    return Member(descriptor: descriptor, unsent: request[...])
  }

  private func run(_ deadline: Deadline, over range: Range<Int>, until predicate: (Member) -> Bool) throws {
    var waiting = range.filter { !predicate(members[$0]) }
    while !waiting.isEmpty {
      if let dead = waiting.first(where: { members[$0].isEnded }) {
        throw TestFailure("connection \(dead) was ended by the peer, after: \(members[dead].text.prefix(600))")
      }
      if deadline.hasPassed {
        throw TestFailure(
          "\(waiting.count) of \(range.count) connections still wait; the first has: "
            + members[waiting[0]].text.prefix(600))
      }
      let changed = turn(over: waiting, milliseconds: deadline.pollMilliseconds)
      if changed { waiting = waiting.filter { !predicate(members[$0]) } }
    }
  }

  /// One `poll` and what follows from it; whether anything happened.
  private func turn(over indices: [Int], milliseconds: Int32) -> Bool {
    var table = indices.map { index in
      let isSending = !members[index].isConnected || !members[index].unsent.isEmpty
      return pollfd(
        fd: members[index].descriptor, events: Int16(isSending ? POLLOUT | POLLIN : POLLIN), revents: 0)
    }
    guard poll(&table, nfds_t(table.count), milliseconds) > 0 else { return false }
    for (entry, index) in zip(table, indices) where entry.revents != 0 {
      if entry.revents & Int16(POLLOUT) != 0 { send(index) }
      if entry.revents & Int16(POLLIN | POLLERR | POLLHUP) != 0 { receive(index) }
    }
    return true
  }

  private func send(_ index: Int) {
    members[index].isConnected = true
    guard !members[index].unsent.isEmpty else { return }
    let count = members[index].unsent.withUnsafeBytes {
      Glibc.send(members[index].descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count > 0 { members[index].unsent = members[index].unsent.dropFirst(count) }
    if count < 0, errno != EAGAIN { members[index].isEnded = true }
  }

  private func receive(_ index: Int) {
    let count = recv(members[index].descriptor, scratch.baseAddress, scratch.count, 0)
    if count > 0 {
      members[index].byteCount += count
      let room = bound - members[index].received.count
      if room > 0 { members[index].received.append(contentsOf: scratch[..<min(count, room)]) }
    } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
      members[index].isEnded = true
    }
  }
}
