import Foundation

/// The files of this working copy.
enum SourceTree {
  /// The folder that holds `Package.swift`.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The content of a file, by its path from the root.
  static func text(of path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The paths from the root of all files below a folder with one of these extensions, sorted.
  static func files(below folder: String, extensions: Set<String>) -> [String] {
    let base = root.appending(path: folder)
    guard let walk = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil) else { return [] }
    var found: [String] = []
    for case let file as URL in walk where extensions.contains(file.pathExtension) {
      found.append(
        String(file.standardizedFileURL.path.dropFirst(root.standardizedFileURL.path.count))
          .trimmingCharacters(in: ["/"]))
    }
    return found.sorted()
  }

  /// The modules that a Swift source file imports, with the line of each import.
  static func imports(in source: String) -> [(module: String, line: Int)] {
    let pattern =
      #/^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/#
    return source.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .compactMap { number, line in line.firstMatch(of: pattern).map { (String($0.output.1), number + 1) } }
  }
}
