/// Cuts a body into lines, however its bytes come in.
///
/// LIMIT: a line of more than `longest` bytes is left out, so that a server that sends no line end costs no memory.
struct LineReader: Sendable {
  /// Bytes of a line, without its end.
  let longest: Int

  private var line: [UInt8] = []
  private var isTooLong = false

  /// A reader.
  init(longest: Int) {
    self.longest = longest
  }

  /// Takes bytes and gives every line that they end, without LF or CRLF.
  mutating func append(_ bytes: some Sequence<UInt8>, line use: ([UInt8]) -> Void) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        end(use)
      } else if line.count < longest {
        line.append(byte)
      } else {
        isTooLong = true
      }
    }
  }

  /// The body has ended: what has no line end is a line too.
  mutating func finish(line use: ([UInt8]) -> Void) {
    if !line.isEmpty { end(use) }
  }

  private mutating func end(_ use: ([UInt8]) -> Void) {
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    if !isTooLong { use(line) }
    line.removeAll(keepingCapacity: true)
    isTooLong = false
  }
}
