package import NIOCore

/// Follows the headers of a client's frames, and knows on which streams a head came after the stream's end.
///
/// **Why**: NIO resets such a stream with `PROTOCOL_ERROR`, where RFC 9113 §5.1 asks for `STREAM_CLOSED`.
///
/// Pure; the bytes may be cut anywhere.
package struct EndedStreams {
  private static let headerBytes = 9
  private static let preface = 24
  private static let endStream: UInt8 = 1

  private let limit: Int
  private var header: [UInt8] = []
  /// Bytes until the next header.
  private var rest = preface
  private var ended: Set<UInt32> = []
  private var violated: Set<UInt32> = []

  /// - Parameter limit: streams that are followed at once; further ones are not.
  package init(limit: Int) { self.limit = limit }

  /// Bytes have come, the preface first.
  package mutating func received(_ bytes: ByteBuffer) {
    var view = bytes.readableBytesView
    while !view.isEmpty {
      if rest > 0 {
        let count = min(rest, view.count)
        rest -= count
        view = view.dropFirst(count)
        continue
      }
      let count = min(Self.headerBytes - header.count, view.count)
      header += view.prefix(count)
      view = view.dropFirst(count)
      guard header.count == Self.headerBytes else { return }
      headerReceived()
      header.removeAll(keepingCapacity: true)
    }
  }

  /// A stream was reset by us: says whether a head after its end was why, and forgets it.
  package mutating func reset(_ stream: UInt32) -> Bool {
    ended.remove(stream)
    return violated.remove(stream) != nil
  }

  /// Our side of a stream has ended.
  package mutating func answered(_ stream: UInt32) { ended.remove(stream) }

  private mutating func headerReceived() {
    rest = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
    let (type, flags) = (header[3], header[4])
    let stream = header[5...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
    // Heads and data; the client's own resets end what is followed.
    switch type {
    case 0, 1:
      if ended.contains(stream) {
        if type == 1 { violated.insert(stream) }
      } else if flags & Self.endStream != 0, ended.count < limit {
        ended.insert(stream)
      }
    case 3:
      ended.remove(stream)
      violated.remove(stream)
    default: break
    }
  }
}
