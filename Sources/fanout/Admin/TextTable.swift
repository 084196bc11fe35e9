/// A table for people at a terminal: columns as wide as they need, two blanks between them.
struct TextTable {
  private var rows: [[String]]
  private let numbers: Set<Int>

  /// - Parameters:
  ///   - titles: of the columns.
  ///   - numbers: the columns that stand at the right.
  init(_ titles: [String], numbers: Set<Int> = []) {
    rows = [titles]
    self.numbers = numbers
  }

  /// Adds a row. What a terminal would take for more than text is shown as a question mark.
  mutating func add(_ cells: [String]) {
    rows.append(cells.map(Self.harmless))
  }

  /// The lines, without blanks at their ends.
  var text: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        line += numbers.contains(column) ? blanks + cell : cell + blanks
        line += "  "
      }
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  private static func harmless(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) ? "?" : $0 }))
  }
}
