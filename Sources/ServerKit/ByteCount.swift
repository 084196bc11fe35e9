/// A number of bytes.
///
/// **Shape**: `4096`, `64KiB`, `1MiB`, `2GiB`, also `64k`, `1m` and `2g` (powers of 1024, without regard to case).
package struct ByteCount: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The number, never negative.
  package let bytes: Int

  /// A number of bytes; negative numbers count as 0.
  package init(_ bytes: Int) {
    self.bytes = max(0, bytes)
  }

  /// Reads a number with an optional unit; `nil` where the text is none, or too large for an `Int`.
  package init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { return nil }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
    let factor: Int
    switch unit {
    case "", "b": factor = 1
    case "k", "kb", "kib": factor = 1 << 10
    case "m", "mb", "mib": factor = 1 << 20
    case "g", "gb", "gib": factor = 1 << 30
    default: return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    bytes = product
  }

  /// The number with the largest unit that divides it.
  package var description: String {
    for (unit, factor) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    where bytes > 0 && bytes % factor == 0 {
      return "\(bytes / factor)\(unit)"
    }
    return String(bytes)
  }

  package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}
