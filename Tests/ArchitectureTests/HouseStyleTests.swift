import Foundation
import Testing

@Suite("The house style that a script can see")
struct HouseStyleTests {
  @Test func `no file is over 600 lines without a reason`() throws {
    let reasons = try SourceTree.text(of: "Tests/ArchitectureTests/large-files.txt").split(separator: "\n")
      .filter { !$0.hasPrefix("#") }
      .map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
    let allowed = Set(reasons.filter { $0.count == 2 }.map { $0[0] })
    for folder in ["Sources", "Tests", "Examples", "Benchmarks"] {
      for path in SourceTree.files(below: folder, extensions: ["swift", "js", "css", "py", "c"]) {
        let lines = try SourceTree.text(of: path).split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(lines <= 600 || allowed.contains(path), "\(path) has \(lines) lines")
      }
    }
  }

  @Test func `every package declaration says what it gives`() throws {
    let declaration =
      #/^\s*package\s+(?:(?:static|final|mutating|nonisolated|indirect)\s+)*(?:struct|class|enum|actor|protocol|func|typealias)\b\s*(\w*)/#
    // Operators, and what a protocol of the standard library asks for, need no words of ours.
    var known: Set = ["", "hash", "encode", "next", "makeIterator", "makeAsyncIterator"]
    // What a protocol of ours asks for is said there, once; DocC shows those words at the witness too.
    let requirement = #/^ +(?:static +|mutating +)?func +(\w+)/#
    for path in SourceTree.files(below: "Sources", extensions: ["swift"]) {
      for line in try SourceTree.text(of: path).split(separator: "\n") where !line.contains("{") {
        if let match = line.firstMatch(of: requirement) { known.insert(String(match.output.1)) }
      }
    }
    for path in SourceTree.files(below: "Sources", extensions: ["swift"]) {
      var before = ""
      let text = try SourceTree.text(of: path)
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        let trimmed = line.trimmingCharacters(in: .whitespaces)
        if let match = line.firstMatch(of: declaration), !known.contains(String(match.output.1)) {
          #expect(before.hasPrefix("///") || before == "*/", "\(path):\(number + 1): \(trimmed)")
        }
        if !trimmed.hasPrefix("@") || trimmed.contains("package ") { before = trimmed }
      }
    }
  }

  @Test(arguments: ["fatalError(", "try!", "as!", "TODO", "FIXME"])
  func `what a peer could turn into a crash, or an open end, is not in the sources`(word: String) throws {
    for path in SourceTree.files(below: "Sources", extensions: ["swift"]) {
      let text = try SourceTree.text(of: path)
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        #expect(!line.contains(word), "\(path):\(number + 1) has \(word)")
      }
    }
  }

  @Test func `folders and files have no spaces in their names`() {
    for folder in ["Sources", "Tests", "docs", "scripts"] {
      for path in SourceTree.files(below: folder, extensions: ["swift", "md", "sh", "py"]) {
        #expect(!path.contains(" "), "\(path)")
      }
    }
  }

  @Test func `links between our documents lead somewhere`() throws {
    let link = #/\]\(([^)#:\s]+)(?:#[^)]*)?\)/#
    let documents =
      ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
      + SourceTree.files(below: "docs", extensions: ["md"])
    for document in documents {
      let folder = SourceTree.root.appending(path: document).deletingLastPathComponent()
      for match in try SourceTree.text(of: document).matches(of: link) {
        let target = folder.appending(path: String(match.output.1))
        #expect(FileManager.default.fileExists(atPath: target.path), "\(document) → \(match.output.1)")
      }
    }
  }

  @Test func `the code in our DocC articles is compiled`() throws {
    // Without blanks at the ends, imports and comments: where a formatter may differ from a text.
    func lines(_ text: some StringProtocol) -> [String] {
      text.split(separator: "\n").map { line in
        (line.firstRange(of: " // ").map { line[..<$0.lowerBound] } ?? line[...]).trimmingCharacters(in: .whitespaces)
      }.filter { !$0.isEmpty && !$0.hasPrefix("import ") && !$0.hasPrefix("//") }
    }
    let compiled = try (SourceTree.files(below: "Tests", extensions: ["swift"]))
      .filter { $0.hasSuffix("/DocumentationExamples.swift") }
      .map { "\n" + lines(try SourceTree.text(of: $0)).joined(separator: "\n") + "\n" }
    var count = 0
    for article in SourceTree.files(below: "Sources", extensions: ["md"]) {
      for block in try SourceTree.text(of: article).matches(of: #/(?m)^```swift\n([\s\S]*?)^```/#) {
        let code = "\n" + lines(block.output.1).joined(separator: "\n") + "\n"
        count += 1
        #expect(compiled.contains { $0.contains(code) }, "\(article): no DocumentationExamples.swift has this:\(code)")
      }
    }
    #expect(count >= 5)
  }
}
