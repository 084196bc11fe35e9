/// Reads a format string in parts: bytes are copied, `%%` is `%`, `%X` and `%(argument)X` are directives.
///
/// In an argument `\c` stands for c. A directive that a part does not end is kept until the next one.
/// **Errors**: anything else after `%`; an argument longer than `longestArgument`; a string that ends inside a directive.
/// **Spec**: GRIP proxy §13.3.
struct FormatReader {
  /// LIMIT: bytes of an argument.
  static let longestArgument = 4096

  private enum State {
    case text
    case percent
    case argument(isEscaped: Bool)
    case letter
  }

  private var state = State.text
  private var argument: [UInt8] = []

  /// Reads a part.
  ///
  /// - Parameters:
  ///   - output: receives the bytes.
  ///   - directive: gives the bytes of a directive, by its letter and its argument, `nil` without one.
  mutating func read(
    _ bytes: some Sequence<UInt8>, into output: inout [UInt8],
    directive: (_ letter: UInt8, _ argument: String?) throws(FilterError) -> [UInt8]
  ) throws(FilterError) {
    for byte in bytes {
      switch state {
      case .text:
        if byte == UInt8(ascii: "%") { state = .percent } else { output.append(byte) }
      case .percent where byte == UInt8(ascii: "%"):
        output.append(byte)
        state = .text
      case .percent where byte == UInt8(ascii: "("):
        argument = []
        state = .argument(isEscaped: false)
      case .percent:
        output += try directive(try Self.letter(byte), nil)
        state = .text
      case .argument(isEscaped: false) where byte == UInt8(ascii: "\\"): state = .argument(isEscaped: true)
      case .argument(isEscaped: false) where byte == UInt8(ascii: ")"): state = .letter
      case .argument:
        guard argument.count < Self.longestArgument else { throw FilterError("an argument is too long") }
        argument.append(byte)
        state = .argument(isEscaped: false)
      case .letter:
        output += try directive(try Self.letter(byte), String(decoding: argument, as: UTF8.self))
        state = .text
      }
    }
  }

  /// The string is whole.
  func end() throws(FilterError) {
    guard case .text = state else { throw FilterError("the text ends inside a directive") }
  }

  private static func letter(_ byte: UInt8) throws(FilterError) -> UInt8 {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): return byte
    default: throw FilterError("a % is followed by what is no directive")
    }
  }
}
