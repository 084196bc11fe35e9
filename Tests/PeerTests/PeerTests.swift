import Foundation
import Testing

/// Our edge and Debian's pushpin, driven by the same scripts.
@Suite("PeerTests", .serialized)
struct PeerTests {
  @Test(arguments: Season.selected)
  func `a scenario is the same with both`(scenario: Scenario) throws {
    let result = try #require(try Season.results.get()[scenario.host])
    if let problem = Self.problem(scenario, result) {
      Issue.record("\(problem)\nours:\n\(result.ours)\n\ntheirs:\n\(result.theirs)\n")
    }
  }

  /// What is wrong with a pair of transcripts; `nil` where all is well.
  private static func problem(_ scenario: Scenario, _ result: Season.Result) -> String? {
    guard let difference = scenario.difference else {
      if result.ours != result.theirs { return "they differ" }
      return result.ours.contains(" failed: ") ? "both failed" : nil
    }
    if result.ours == result.theirs {
      guard difference.isSteady else { return nil }
      return "they do not differ any more: \(difference.id.rawValue)"
    }
    func isShown(_ text: String, in one: String, not other: String) -> Bool {
      text.isEmpty || (one.contains(text) && !other.contains(text))
    }
    return isShown(difference.ours, in: result.ours, not: result.theirs)
      && isShown(difference.theirs, in: result.theirs, not: result.ours)
      ? nil : "they differ in another way than \(difference.id.rawValue)"
  }

  @Test func `there are at least 600 scenarios, and no two have the same host`() {
    #expect(Scenario.all.count >= 600)
    #expect(Set(Scenario.all.map(\.host)).count == Scenario.all.count)
  }

  @Test func `every difference has a reason and a scenario, and the document has no other`() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/differences.md")
    let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      .filter { $0.hasPrefix("| `") }.map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    for row in rows { #expect(row.count == 4 && row.allSatisfy { !$0.isEmpty }, "\(row)") }
    let documented = rows.map { $0[0].trimmingCharacters(in: ["`"]) }
    #expect(Set(documented).count == documented.count)
    #expect(Set(documented) == Set(Difference.allCases.map(\.rawValue)))
    let shown = Set(Scenario.all.compactMap { $0.difference?.id })
    for difference in Difference.allCases { #expect(shown.contains(difference), "\(difference.rawValue)") }
  }
}

extension Scenario: CustomTestStringConvertible {
  var testDescription: String { "\(section): \(name)" }
}
