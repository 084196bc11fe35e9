/// The types of record that are asked for.
package enum DNSRecordType: UInt16, Sendable {
  case a = 1
  case cname = 5
  case txt = 16
  case aaaa = 28
  case srv = 33
}

/// One record of an answer.
package struct DNSRecord: Sendable, Hashable {
  /// What a record says.
  package enum Content: Sendable, Hashable {
    /// An address, 4 or 16 bytes.
    case address([UInt8])
    /// An alias for another name.
    case alias(DomainName)
    /// Where a service is.
    case service(ServiceRecord)
    /// Texts, joined: one record's strings are one text (RFC 7208 §3.3 says so of SPF, and others do the same).
    case text(String)
  }

  /// Whose record.
  package var name: DomainName
  /// For how many seconds it holds.
  package var ttl: UInt32
  /// What it says.
  package var content: Content
}

/// A response, as far as it is of use.
package struct DNSResponse: Sendable, Hashable {
  /// The number of the query.
  package var id: UInt16
  /// Whether it did not fit and is to be asked for over TCP.
  package var isTruncated: Bool
  /// 0 is well, 3 says that there is no such name.
  package var code: UInt8
  /// The question that it answers; `nil` where it repeats none.
  package var question: DNSQuestion?
  /// The records of the answer section that were understood.
  package var answers: [DNSRecord]
}

/// What a response says that it answers.
package struct DNSQuestion: Sendable, Hashable {
  /// Whose record.
  package var name: DomainName
  /// The number of the type.
  package var type: UInt16
}

/// The wire form of queries and responses.
///
/// **Spec**: RFC 1035 §4, RFC 2782 (SRV), RFC 3596 (AAAA), RFC 6891 (EDNS(0), to say how large an answer may be).
package enum DNSMessage {
  /// How many bytes an answer over UDP may have: what passes every network in one piece.
  static let udpBytes: UInt16 = 1232

  /// A query for one name and type, recursion desired.
  package static func query(id: UInt16, name: DomainName, type: DNSRecordType) -> [UInt8] {
    func two(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)] }
    var bytes = two(id) + [0x01, 0x00] + two(1) + two(0) + two(0) + two(1)
    for label in name.labels {
      bytes.append(UInt8(label.utf8.count))
      bytes += Array(label.utf8)
    }
    bytes.append(0)
    bytes += two(type.rawValue) + two(1)
    // OPT: the root's name, type 41, the size in the place of the class, nothing else.
    return bytes + [0] + two(41) + two(udpBytes) + [0, 0, 0, 0] + two(0)
  }

  /// Reads a response; `nil` where it is malformed or no response. Records of other types and classes are left out.
  package static func response(_ bytes: [UInt8]) -> DNSResponse? {
    var reader = DNSReader(bytes: bytes)
    guard let id = reader.two(), let flags = reader.two(), flags & 0x8000 != 0, let questions = reader.two(),
      let answers = reader.two(), reader.two() != nil, reader.two() != nil, questions <= 1
    else { return nil }
    var question: DNSQuestion?
    if questions == 1 {
      guard let name = reader.name(), let type = reader.two(), reader.two() != nil else { return nil }
      question = name.map { DNSQuestion(name: $0, type: type) }
    }
    let isTruncated = flags & 0x0200 != 0
    var records: [DNSRecord] = []
    for _ in 0..<answers {
      guard let record = reader.record() else {
        // What is cut off may end anywhere.
        if isTruncated { break }
        return nil
      }
      if let record { records.append(record) }
    }
    return DNSResponse(
      id: id, isTruncated: isTruncated, code: UInt8(flags & 0xf), question: question, answers: records)
  }
}

/// Reads the parts of a message. Each gives `nil` where the message is malformed, and what it gives is optional again
/// where it is well-formed and of no use.
private struct DNSReader {
  let bytes: [UInt8]
  var at = 0

  mutating func two() -> UInt16? {
    guard at + 2 <= bytes.count else { return nil }
    defer { at += 2 }
    return UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])
  }

  mutating func four() -> UInt32? {
    guard let high = two(), let low = two() else { return nil }
    return UInt32(high) << 16 | UInt32(low)
  }

  /// A name, which may continue elsewhere. Pointers lead only backwards, so that there is no circle.
  mutating func name() -> DomainName?? {
    var (labels, position, end, length) = ([String](), at, Int?.none, 0)
    while true {
      guard position < bytes.count else { return nil }
      let byte = Int(bytes[position])
      if byte == 0 { break }
      if byte & 0xc0 == 0xc0 {
        guard position + 1 < bytes.count else { return nil }
        let target = (byte & 0x3f) << 8 | Int(bytes[position + 1])
        guard target < position else { return nil }
        if end == nil { end = position + 2 }
        position = target
        continue
      }
      length += byte + 1
      guard byte & 0xc0 == 0, position + 1 + byte <= bytes.count, length <= 254 else { return nil }
      labels.append(String(decoding: bytes[(position + 1)...(position + byte)], as: UTF8.self))
      position += 1 + byte
    }
    at = end ?? position + 1
    return .some(labels.isEmpty ? nil : DomainName(labels.joined(separator: ".")))
  }

  mutating func record() -> DNSRecord?? {
    guard let name = name(), let type = two(), let recordClass = two(), let ttl = four(), let length = two(),
      at + Int(length) <= bytes.count
    else { return nil }
    let end = at + Int(length)
    defer { at = end }
    guard let name, recordClass == 1, let type = DNSRecordType(rawValue: type) else { return .some(nil) }
    guard let content = content(type, until: end) else { return nil }
    // RFC 2181 §8: a TTL with its highest bit set is none.
    return .some(content.map { DNSRecord(name: name, ttl: ttl > 0x7fff_ffff ? 0 : ttl, content: $0) })
  }

  private mutating func content(_ type: DNSRecordType, until end: Int) -> DNSRecord.Content?? {
    switch type {
    case .a, .aaaa:
      guard end - at == (type == .a ? 4 : 16) else { return nil }
      return .address(Array(bytes[at..<end]))
    case .cname:
      guard let target = name() else { return nil }
      return .some(target.map { .alias($0) })
    case .srv:
      guard let priority = two(), let weight = two(), let port = two() else { return nil }
      let isRoot = at < end && bytes[at] == 0
      guard let target = name() else { return nil }
      guard target != nil || isRoot else { return .some(nil) }
      return .service(ServiceRecord(priority: priority, weight: weight, port: port, target: target))
    case .txt:
      var text: [UInt8] = []
      while at < end {
        let length = Int(bytes[at])
        guard at + 1 + length <= end else { return nil }
        text += bytes[(at + 1)..<(at + 1 + length)]
        at += 1 + length
      }
      return .text(String(decoding: text, as: UTF8.self))
    }
  }
}
