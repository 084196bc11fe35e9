/// A place in a distributed trace.
///
/// **Spec**: W3C Trace Context §3.2: `traceparent: 00-TRACE(32 hex)-SPAN(16 hex)-FLAGS(2 hex)`.
package struct TraceContext: Sendable, Hashable {
  /// 32 lower-case hexadecimal digits, not all zero.
  package let id: String
  /// 16 of them.
  package let span: String
  /// Whether whoever takes part should record it.
  package let isSampled: Bool

  /// Reads a field's value; `nil` where it is none.
  package init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 4, Self.isHex(parts[0], 2), parts[0] != "ff", parts[0] != "00" || parts.count == 4,
      Self.isHex(parts[1], 32), Self.isHex(parts[2], 16), Self.isHex(parts[3], 2),
      !parts[1].allSatisfy({ $0 == "0" }), !parts[2].allSatisfy({ $0 == "0" }),
      let flags = UInt8(parts[3], radix: 16)
    else { return nil }
    id = String(parts[1])
    span = String(parts[2])
    isSampled = flags & 1 == 1
  }

  private init(id: String, span: String, isSampled: Bool) {
    self.id = id
    self.span = span
    self.isSampled = isSampled
  }

  /// The beginning of a new trace.
  ///
  /// - Parameter ratio: of traces that are sampled, 0 to 1.
  static func new(ratio: Double, using generator: inout some RandomNumberGenerator) -> TraceContext {
    let id = hex(generator.next() | 1) + hex(generator.next())
    return TraceContext(
      id: id, span: hex(generator.next() | 1), isSampled: Double.random(in: 0..<1, using: &generator) < ratio)
  }

  /// The same trace, one step further.
  func child(using generator: inout some RandomNumberGenerator) -> TraceContext {
    TraceContext(id: id, span: Self.hex(generator.next() | 1), isSampled: isSampled)
  }

  /// The field's value.
  package var text: String { "00-\(id)-\(span)-\(isSampled ? "01" : "00")" }

  /// 16 digits.
  static func hex(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  private static func isHex(_ text: Substring, _ count: Int) -> Bool {
    text.utf8.count == count && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
