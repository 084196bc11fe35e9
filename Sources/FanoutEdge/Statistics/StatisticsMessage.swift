import GRIP

/// A message for those who watch: its type, and its members in order.
///
/// **Shape**: `<type> T<tnetstring map>` or `<type> J<JSON object>` (GRIP proxy §21.1).
struct StatisticsMessage: Hashable {
  /// The value of a member.
  enum Value: Hashable {
    case text(String)
    case number(Int)
    case flag(Bool)
  }

  /// The types that are sent.
  enum Kind: String, CaseIterable {
    case activity, message, conn, sub, report, counts
  }

  var kind: Kind
  var members: [(name: String, value: Value)] = []

  /// A message of a sender, without members of its own yet.
  init(_ kind: Kind, sender: String, route: String? = nil) {
    self.kind = kind
    members = [("from", .text(sender))]
    if let route { members.append(("route", .text(route))) }
  }

  /// Adds a member.
  mutating func add(_ name: String, _ value: Value) {
    members.append((name, value))
  }

  /// The message's bytes.
  func encoded(_ format: StatisticsConfiguration.Format) -> [UInt8] {
    var bytes = Array(kind.rawValue.utf8) + [UInt8(ascii: " ")]
    switch format {
    case .tnetstring:
      bytes.append(UInt8(ascii: "T"))
      TNetValue.map(
        members.map { member in
          switch member.value {
          case .text(let text): TNetValue.Member(member.name, .bytes(Array(text.utf8)))
          case .number(let number): TNetValue.Member(member.name, .integer(number))
          case .flag(let flag): TNetValue.Member(member.name, .bool(flag))
          }
        }
      ).write(to: &bytes)
    case .json:
      bytes.append(UInt8(ascii: "J"))
      var writer = JSONWriter()
      writer.beginObject()
      for member in members {
        writer.name(member.name)
        switch member.value {
        case .text(let text): writer.string(text)
        case .number(let number): writer.integer(number)
        case .flag(let flag): writer.bool(flag)
        }
      }
      writer.endObject()
      bytes += writer.bytes
    }
    return bytes
  }

  static func == (left: StatisticsMessage, right: StatisticsMessage) -> Bool {
    left.kind == right.kind && left.members.elementsEqual(right.members) { $0.name == $1.name && $0.value == $1.value }
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    for member in members {
      hasher.combine(member.name)
      hasher.combine(member.value)
    }
  }
}

/// Which types of messages anybody has subscribed to, so that no others are made.
struct StatisticsAudience {
  /// LIMIT: topics that are remembered; with more everything counts as wanted.
  private static let topicLimit = 1000

  private var topics: Set<[UInt8]> = []
  private var isUnbounded = false

  /// What an XPUB socket received: a topic, and whether it is subscribed to now.
  mutating func changed(_ message: [UInt8]) {
    guard let first = message.first, first <= 1 else { return }
    let topic = Array(message.dropFirst())
    if first == 0 {
      topics.remove(topic)
    } else if topics.count < Self.topicLimit {
      topics.insert(topic)
    } else {
      isUnbounded = true
    }
  }

  /// Whether anybody may want messages of a type.
  func wants(_ kind: StatisticsMessage.Kind) -> Bool {
    if isUnbounded { return true }
    let prefix = Array("\(kind.rawValue) ".utf8)
    return topics.contains { $0.starts(with: prefix) || prefix.starts(with: $0) }
  }
}
