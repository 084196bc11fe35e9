import Foundation
import TestKit
import Testing

@Suite("The page of what is implemented")
struct ConformanceTests {
  @Test func `docs/conformance.md is what the sources say`() throws {
    let made = try Command.run("scripts/conformance-docs.sh", ["--print"], directory: SourceTree.root.path).output
    let kept = try SourceTree.text(of: "docs/conformance.md")
    #expect(made == kept, "run scripts/conformance-docs.sh")
    let lines = try SourceTree.files(below: "Sources", extensions: ["swift"]).flatMap { path in
      try SourceTree.text(of: path).split(separator: "\n").filter { $0.hasPrefix("// Implements: ") }
    }
    #expect(lines.count > 30)
    #expect(kept.split(separator: "\n").count { $0.hasPrefix("| [") } == lines.count)
  }

  @Test func `a line names a specification, a title and how much of it there is`() throws {
    let form =
      #/\/\/ Implements: (RFC \d{4}|XEP-\d{4} \d+\.\d+(\.\d+)?)[^·]* · [^·]+ · (complete|partial: .+|complete[,;] .+)/#
    for path in SourceTree.files(below: "Sources", extensions: ["swift"]) {
      for line in try SourceTree.text(of: path).split(separator: "\n") where line.hasPrefix("// Implements:") {
        #expect(line.wholeMatch(of: form) != nil, "\(path): \(line)")
      }
    }
  }

  @Test func `every extension says which it is`() throws {
    // The machine of an extension, or its reading and writing, beside the file that says it.
    let parts: Set = ["StreamCounter.swift"]
    for path in SourceTree.files(below: "Sources/XMPP/Extensions", extensions: ["swift"]) {
      guard let name = path.split(separator: "/").last, !name.contains("+"), !parts.contains(String(name)) else {
        continue
      }
      #expect(try SourceTree.text(of: path).hasPrefix("// Implements: "), "\(path)")
    }
  }
}
