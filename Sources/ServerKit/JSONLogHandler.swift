import Glibc
package import Logging

/// How log lines look.
package enum LogFormat: String, Sendable, Hashable, CaseIterable {
  /// For people: time, level, message, `key=value`.
  case text
  /// For collectors: one JSON object in a line.
  case json

  /// Makes the handler of a logger, for standard error.
  package func handler(label: String) -> any LogHandler {
    switch self {
    case .text: StreamLogHandler.standardError(label: label)
    case .json: JSONLogHandler(label: label)
    }
  }
}

/// Writes each log line to standard error as a JSON object.
///
/// **Shape**: `{"time":"2026-01-31T12:00:00.000Z","level":"notice","logger":"…","message":"…",…}` and a line feed; metadata follow
/// under their own keys (`LogKey`), numbers and booleans as such. One `write` for each line, so that lines of several threads
/// do not mix.
package struct JSONLogHandler: LogHandler {
  package var metadata = Logger.Metadata()
  package var logLevel = Logger.Level.info
  package var metadataProvider: Logger.MetadataProvider?
  private let label: String
  private let write: @Sendable ([UInt8]) -> Void

  /// A handler that writes to standard error.
  package init(label: String) {
    self.init(label: label) { line in
      _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
  }

  /// - Parameter write: takes whole lines, from any thread.
  init(label: String, write: @escaping @Sendable ([UInt8]) -> Void) {
    self.label = label
    self.write = write
  }

  package subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes the line.
  package func log(event: LogEvent) {
    var line = JSONLine()
    line.member("time", .string(Self.timeText()))
    line.member("level", .string(event.level.rawValue))
    line.member("logger", .string(label))
    line.member("message", .string("\(event.message)"))
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
    if let own = event.metadata { all.merge(own) { $1 } }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) { line.member(key, value) }
    write(line.finished())
  }

  /// The time now, in UTC, to the millisecond (RFC 3339).
  private static func timeText() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return timeText(seconds: now.tv_sec, milliseconds: now.tv_nsec / 1_000_000)
  }

  /// A time since 1970 as RFC 3339 writes it.
  static func timeText(seconds: Int, milliseconds: Int) -> String {
    var (time, parts) = (time_t(seconds), tm())
    gmtime_r(&time, &parts)
    func digits(_ number: some BinaryInteger, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let date = [digits(Int(parts.tm_year) + 1900, 4), digits(parts.tm_mon + 1, 2), digits(parts.tm_mday, 2)]
    let clock = [digits(parts.tm_hour, 2), digits(parts.tm_min, 2), digits(parts.tm_sec, 2)]
    return "\(date.joined(separator: "-"))T\(clock.joined(separator: ":")).\(digits(milliseconds, 3))Z"
  }
}

/// A JSON object in one line.
private struct JSONLine {
  private var bytes: [UInt8] = [UInt8(ascii: "{")]

  mutating func member(_ name: String, _ value: Logger.MetadataValue) {
    if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    string(name)
    bytes.append(UInt8(ascii: ":"))
    self.value(value)
  }

  consuming func finished() -> [UInt8] {
    bytes.append(contentsOf: "}\n".utf8)
    return bytes
  }

  private mutating func value(_ value: Logger.MetadataValue) {
    switch value {
    case .string(let text): string(text)
    case .stringConvertible(let value as any BinaryInteger): bytes.append(contentsOf: "\(value)".utf8)
    case .stringConvertible(let value as Bool): bytes.append(contentsOf: "\(value)".utf8)
    case .stringConvertible(let value): string(value.description)
    case .array(let values): list(values, "[", "]") { $0.value($1) }
    case .dictionary(let values):
      list(values.sorted { $0.key < $1.key }, "{", "}") { line, member in
        line.string(member.key)
        line.bytes.append(UInt8(ascii: ":"))
        line.value(member.value)
      }
    }
  }

  private mutating func list<Element>(
    _ elements: [Element], _ open: String, _ close: String, _ write: (inout JSONLine, Element) -> Void
  ) {
    bytes.append(contentsOf: open.utf8)
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      write(&self, element)
    }
    bytes.append(contentsOf: close.utf8)
  }

  private mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0x0a: bytes.append(contentsOf: "\\n".utf8)
      case 0x0d: bytes.append(contentsOf: "\\r".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20, 0x7f:
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(contentsOf: "\\u00".utf8)
        bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
