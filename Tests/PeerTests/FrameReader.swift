/// Reads frames and says in words what they were, so that two transcripts can be compared: messages are joined, because what
/// is between two proxies may cut them anywhere (RFC 6455 §5.4).
struct FrameReader {
  /// Whether they must be masked.
  let isFromClient: Bool
  private var message: (kind: UInt8, bytes: [UInt8], reserved: UInt8)?

  init(isFromClient: Bool) { self.isFromClient = isFromClient }

  /// The next message or control frame at the beginning of the bytes, and what is left; `nil` while it is not complete.
  mutating func next(_ buffer: inout [UInt8]) -> String? {
    while let frame = Self.frame(&buffer) {
      var fault = ""
      if frame.isMasked != isFromClient { fault += frame.isMasked ? " (masked)" : " (not masked)" }
      if frame.kind >= 8 { return Self.words(frame.kind, frame.payload, frame.reserved) + fault }
      if frame.kind == 0, message != nil {
        message?.bytes += frame.payload
      } else {
        if message != nil { fault += " (within a message)" }
        message = (frame.kind, frame.payload, frame.reserved)
      }
      guard frame.isLast, let whole = message else {
        if fault.isEmpty { continue }
        return "frame\(fault)"
      }
      message = nil
      return Self.words(whole.kind, whole.bytes, whole.reserved) + fault
    }
    return nil
  }

  private struct Parsed {
    var kind: UInt8
    var reserved: UInt8
    var isLast: Bool
    var isMasked: Bool
    var payload: [UInt8]
  }

  private static func frame(_ buffer: inout [UInt8]) -> Parsed? {
    guard buffer.count >= 2 else { return nil }
    let isMasked = buffer[1] & 0x80 != 0
    var length = Int(buffer[1] & 0x7F)
    var start = 2
    if length >= 126 {
      let width = length == 126 ? 2 : 8
      guard buffer.count >= 2 + width else { return nil }
      length = buffer[2..<2 + width].reduce(0) { $0 << 8 | Int($1) }
      start += width
    }
    var mask: [UInt8] = [0, 0, 0, 0]
    if isMasked {
      guard buffer.count >= start + 4 else { return nil }
      mask = Array(buffer[start..<start + 4])
      start += 4
    }
    guard buffer.count - start >= length else { return nil }
    let payload = buffer[start..<start + length].enumerated().map { $1 ^ mask[$0 % 4] }
    defer { buffer.removeFirst(start + length) }
    return Parsed(
      kind: buffer[0] & 0xF, reserved: (buffer[0] >> 4) & 7, isLast: buffer[0] & 0x80 != 0, isMasked: isMasked,
      payload: payload)
  }

  private static func words(_ kind: UInt8, _ payload: [UInt8], _ reserved: UInt8) -> String {
    let bits = reserved == 0 ? "" : " (reserved bits \(reserved))"
    switch Frame.Kind(rawValue: kind) {
    case .close?:
      guard payload.count >= 2 else { return "close without code\(bits)" }
      let code = Int(payload[0]) << 8 | Int(payload[1])
      return "close \(code)" + quoted(payload.dropFirst(2)) + bits
    case let known?: return known.event.lowercased() + quoted(payload[...]) + bits
    case nil: return "opcode \(kind)" + quoted(payload[...]) + bits
    }
  }

  private static func quoted(_ bytes: ArraySlice<UInt8>) -> String {
    if bytes.isEmpty { return "" }
    guard bytes.count > 400 else { return " “\(ScriptedClient.text(bytes))”" }
    let sum = bytes.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    return " of \(bytes.count) bytes, sum \(String(sum, radix: 16))"
  }
}
