/// Finds the end of a message head as its bytes arrive, each byte looked at once.
///
/// Lines end in CR LF and in nothing else: a bare LF, a bare CR and NUL are faults at once, so that no peer can disagree
/// with us on where a line ends (RFC 9112 §2.2).
struct HeadScanner {
  /// What is known so far.
  enum Progress: Equatable {
    case incomplete
    /// The head is this many bytes long, the empty line included.
    case complete(length: Int)
    case malformed(HeadFault)
  }

  /// Bytes that have been looked at; what is malformed stands there.
  private(set) var offset = 0
  private var lineStart = 0
  /// Length of the first line without its CR LF, once it is complete.
  private(set) var firstLineLength: Int?

  /// Looks at what has been added to `bytes`, which begin where the head begins.
  mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Progress {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x0D:
        guard offset + 1 < bytes.count else { return .incomplete }
        guard bytes[offset + 1] == 0x0A else {
          return .malformed(HeadFault("a line of the head has a CR that no LF follows; lines end in CR LF"))
        }
        if offset == lineStart { return .complete(length: offset + 2) }
        if firstLineLength == nil { firstLineLength = offset }
        offset += 2
        lineStart = offset
      case 0x0A:
        return .malformed(HeadFault("a line of the head ends in a bare LF; lines end in CR LF"))
      case 0x00:
        return .malformed(HeadFault("the head contains a NUL byte"))
      default:
        offset += 1
      }
    }
    return .incomplete
  }
}

/// Walks over the lines of a complete head.
struct HeadLines: Sequence, IteratorProtocol {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0

  /// - Parameter bytes: a head that `HeadScanner` called complete.
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The next line without its CR LF; `nil` at the empty line.
  mutating func next() -> UnsafeRawBufferPointer? {
    var end = offset
    while end < bytes.count, bytes[end] != 0x0D { end += 1 }
    guard end > offset else { return nil }
    defer { offset = end + 2 }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
  }
}
