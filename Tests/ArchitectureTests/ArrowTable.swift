import Foundation
import Testing

/// The table of targets in `docs/architecture.md`: the one place that says who may import whom.
struct ArrowTable {
  /// One row of the table.
  struct Row {
    /// `executable`, `product`, `engine`, `driver`, `transport`, `pure`, `base` or `tests only`.
    var layer: String
    /// Targets of this package that it may import.
    var ours: Set<String>
    /// Modules of other packages that it may import.
    var others: Set<String>
  }

  /// Target to row.
  var rows: [String: Row] = [:]

  /// Reads the table whose first column is called "target".
  init(markdown: String) {
    var isInTable = false
    for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("|") else {
        isInTable = false
        continue
      }
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        .map { $0.trimmingCharacters(in: .whitespaces) }
      if cells.first == "target", cells.count == 5 {
        isInTable = true
      } else if isInTable, cells.count == 5, let name = Self.codeSpans(cells[0]).first {
        rows[name] = Row(
          layer: cells[1], ours: Set(Self.codeSpans(cells[3])), others: Set(Self.codeSpans(cells[4])))
      }
    }
  }

  /// The table as it stands in this working copy.
  static func current() throws -> ArrowTable {
    ArrowTable(markdown: try SourceTree.text(of: "docs/architecture.md"))
  }

  private static func codeSpans(_ cell: String) -> [String] {
    cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
  }
}
