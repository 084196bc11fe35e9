import Foundation
import TestKit

/// The way to the server that runs now, for the readers that outlive it.
///
/// `@unchecked Sendable`: everything mutable is touched under `condition` only.
final class CurrentServer: @unchecked Sendable {
  private let condition = NSCondition()
  private var front: Front?
  private var isOver = false

  /// Tells the readers where to go; `nil` while there is no server.
  func move(to front: Front?) {
    condition.withLock {
      self.front = front
      condition.broadcast()
    }
  }

  /// Tells the readers to stop.
  func end() {
    condition.withLock {
      isOver = true
      condition.broadcast()
    }
  }

  /// The way to the server; waits while there is none. `nil` when all is over.
  func next() -> Front? {
    condition.lock()
    defer { condition.unlock() }
    while front == nil, !isOver { condition.wait() }
    return isOver ? nil : front
  }

  /// Waits until something has changed, or a moment: what to do after a failure.
  func pause() {
    condition.withLock { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.05)) }
  }
}

/// Somebody who reads with a cursor, through crashes and restarts, and writes down what they saw.
///
/// `@unchecked Sendable`: everything mutable is touched under `condition` only.
final class CursorReader: @unchecked Sendable {
  /// How it listens.
  enum Kind: Sendable {
    case poll(node: String?, Person?)
    case stream(node: String?)
  }

  let kind: Kind
  private let server: CurrentServer
  private let condition = NSCondition()
  private var seen: [String] = []
  private var cursor: String

  /// Begins to read, on a thread of its own.
  init(_ kind: Kind, from cursor: String, of server: CurrentServer) {
    (self.kind, self.cursor, self.server) = (kind, cursor, server)
    Thread.detachNewThread { [self] in
      while let front = server.next() {
        do {
          switch kind {
          case .poll(let node, let person): try poll(front, node, person)
          case .stream(let node): try stream(front, node)
          }
        } catch { server.pause() }
      }
    }
  }

  /// The contents that it saw, in order.
  var contents: [String] { condition.withLock { seen } }

  /// Waits until it has seen a post.
  func waitUntilSeen(_ content: String, within duration: Duration = .seconds(60)) throws {
    let deadline = Deadline(in: duration)
    condition.lock()
    defer { condition.unlock() }
    while !seen.contains(content) {
      if deadline.hasPassed { throw TestFailure("\(kind) never saw \(content); the last were \(seen.suffix(5))") }
      _ = condition.wait(until: deadline.date)
    }
  }

  private func note(_ contents: [String], cursor: String) {
    condition.withLock {
      seen += contents
      self.cursor = cursor
      condition.broadcast()
    }
  }

  private func poll(_ front: Front, _ node: String?, _ person: Person?) throws {
    let cursor = condition.withLock { self.cursor }
    let fields: HeaderFields = person.map { [$0.credentials] } ?? []
    let answer = try front.exchange(Notifications.poll(since: cursor, node: node, fields), within: .seconds(90))
    guard answer.status == 200, let next = try answer.object()["last_cursor"] as? String else {
      throw TestFailure("\(answer.status) \(answer.text)")
    }
    note(try Notifications.contents(answer), cursor: next)
  }

  private func stream(_ front: Front, _ node: String?) throws {
    let cursor = condition.withLock { self.cursor }
    let stream = try front.events(
      "/notifications/posts" + (node.map { "?node=\($0)" } ?? ""), [("Last-Event-ID", cursor)])
    while let event = try stream.next(within: .seconds(90)) {
      guard let id = event.id else { continue }
      let entry = try JSONSerialization.jsonObject(with: Data(event.data.utf8), options: .fragmentsAllowed)
      let content = event.name == "post" ? (entry as? [String: Any])?["content"] as? String : nil
      note(content.map { [$0] } ?? [], cursor: id)
    }
    throw TestFailure("the stream has ended")
  }
}

/// Posts one after another, as fast as they are acknowledged, and writes down which were.
///
/// `@unchecked Sendable`: used by one thread at a time, which `LedgerWriter.storm` sees to.
final class LedgerWriter: @unchecked Sendable {
  /// Who posts, to their own channel.
  let person: Person
  /// Acknowledged posts, in order.
  private(set) var acknowledged: [String] = []
  private var next = 1

  init(_ person: Person) { self.person = person }

  /// Posts until the server fails, or `count` times. Returns whether the server still answers.
  @discardableResult func post(through front: Front, atMost count: Int) -> Bool {
    guard let connection = try? HTTPConnection(to: front.address) else { return false }
    for _ in 0..<count {
      // A post that got no answer may be there or not; its number is not used again.
      let content = "\(person.name) \(next)"
      next += 1
      guard let request = try? person.post(content),
        let answer = try? connection.exchange(front.prefixed(request), within: .seconds(20)), answer.status == 201
      else { return false }
      acknowledged.append(content)
    }
    return true
  }

  /// All of them post at the same time, each as fast as it can, until the server fails.
  static func storm(_ writers: [LedgerWriter], through front: Front) {
    let group = DispatchGroup()
    for writer in writers {
      group.enter()
      Thread.detachNewThread {
        while writer.post(through: front, atMost: 50) {}
        group.leave()
      }
    }
    group.wait()
  }

  /// What is wrong with what a reader saw; empty when it saw each of this writer's acknowledged posts exactly once, in order.
  func complaints(about seen: [String]) -> [String] {
    Self.complaints(about: seen, acknowledged: acknowledged, author: person.name)
  }

  /// The same, for any ledger.
  static func complaints(about seen: [String], acknowledged: [String], author: String) -> [String] {
    var found: [String] = []
    let own = seen.filter { $0.hasPrefix("\(author) ") }
    let numbers = own.compactMap { Int($0.dropFirst(author.count + 1)) }
    let repeated = Dictionary(grouping: numbers) { $0 }.filter { $0.value.count > 1 }
    if !repeated.isEmpty { found.append("seen twice: \(repeated.keys.sorted())") }
    if numbers != numbers.sorted() { found.append("out of order: \(numbers)") }
    let missing = Set(acknowledged).subtracting(seen)
    if !missing.isEmpty { found.append("acknowledged and never seen: \(missing.sorted())") }
    return found
  }
}

/// A generator whose numbers can be had again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
