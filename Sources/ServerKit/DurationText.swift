extension Duration {
  /// Reads `55`, `55s`, `250ms`, `5m`, `2h` or `1d`; a number without a unit is seconds. `nil` where the text is none.
  package init?(text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int64(digits), number < 1 << 40 else { return nil }
    switch text.dropFirst(digits.count).drop(while: { $0 == " " }).lowercased() {
    case "ms": self = .milliseconds(number)
    case "", "s": self = .seconds(number)
    case "m", "min": self = .seconds(number * 60)
    case "h": self = .seconds(number * 3600)
    case "d": self = .seconds(number * 86400)
    default: return nil
    }
  }

  /// Whole milliseconds, rounded towards zero.
  package var wholeMilliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }

  /// The text form with the largest unit that divides it.
  package var text: String {
    let milliseconds = wholeMilliseconds
    if milliseconds % 1000 != 0 { return "\(milliseconds)ms" }
    let seconds = milliseconds / 1000
    for (unit, factor) in [("d", Int64(86400)), ("h", 3600), ("m", 60)]
    where seconds > 0 && seconds % factor == 0 {
      return "\(seconds / factor)\(unit)"
    }
    return "\(seconds)s"
  }
}
