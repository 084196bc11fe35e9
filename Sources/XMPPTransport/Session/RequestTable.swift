import NIOCore
import XMPP

/// The queries that wait for an answer.
///
/// An answer counts only when it comes from whom the query went to, under an id that nobody else can guess: what anybody else
/// sends under that id is ignored.
///
/// **Isolation**: its session's loop.
/// **Spec**: RFC 6120 §8.1.2.1 (an answer without `from`, or from our own bare address or domain, is our account's), §8.2.3.
struct RequestTable {
  /// Told once, on the loop.
  typealias Completion = @Sendable (Result<Stanza, RequestError>) -> Void

  private struct Entry {
    var to: JID?
    var deadline: NIODeadline
    var completion: Completion
  }

  private let prefix: String
  private let maxCount: Int
  private var entries: [String: Entry] = [:]
  private var count: UInt64 = 0
  private(set) var earliest: NIODeadline?

  init(maxCount: Int) {
    self.maxCount = maxCount
    prefix = String(UInt64.random(in: 0...UInt64.max), radix: 36)
  }

  /// Whether no query waits.
  var isEmpty: Bool { entries.isEmpty }

  /// A new id.
  mutating func makeID() -> String {
    count += 1
    return "\(prefix)-\(count)"
  }

  /// Notes a query; gives `nil` where too many wait.
  mutating func add(to: JID?, deadline: NIODeadline, _ completion: @escaping Completion) -> String? {
    guard entries.count < maxCount else { return nil }
    let id = makeID()
    entries[id] = Entry(to: to, deadline: deadline, completion: completion)
    if earliest.map({ deadline < $0 }) ?? true { earliest = deadline }
    return id
  }

  /// Takes out the query that a stanza answers.
  mutating func answered(by stanza: Stanza, own: JID?) -> Completion? {
    guard let id = stanza.id, let entry = entries[id], Self.isExpected(stanza.from, to: entry.to, own: own) else {
      return nil
    }
    return remove(id)
  }

  /// Takes a query out.
  mutating func remove(_ id: String) -> Completion? {
    defer { if entries.isEmpty { earliest = nil } }
    return entries.removeValue(forKey: id)?.completion
  }

  /// Takes out those whose time is over.
  mutating func expired(now: NIODeadline) -> [Completion] {
    guard let earliest, earliest <= now else { return [] }
    let over = entries.filter { $0.value.deadline <= now }
    for id in over.keys { entries[id] = nil }
    self.earliest = entries.values.map(\.deadline).min()
    return over.values.map(\.completion)
  }

  /// Takes all out.
  mutating func removeAll() -> [Completion] {
    defer { (entries, earliest) = ([:], nil) }
    return entries.values.map(\.completion)
  }

  private static func isExpected(_ from: JID?, to: JID?, own: JID?) -> Bool {
    if from == to { return true }
    let isOurAccount = to == nil || (own != nil && to == own?.bare)
    guard isOurAccount else { return false }
    guard let from else { return true }
    guard let own else { return false }
    return from == own || from == own.bare || from.description == own.domain
  }
}
