import Testing

@testable import FanoutEdge

@Suite("What the documents say of the configuration")
struct DocumentedOptionsTests {
  private func document(_ name: String) throws -> String {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    return String(decoding: try SystemFile.read("/\(root)/docs/\(name)"), as: UTF8.self)
  }

  @Test func `docs/edge-configuration.md is what print-config prints`() throws {
    #expect(
      try document("edge-configuration.md").contains("```yaml\n\(EdgeSetup.reference())```"),
      "run scripts/configuration-docs.sh")
  }

  @Test func `docs/compatibility.md has every key of Pushpin's and every property of a route`() throws {
    let text = try document("compatibility.md")
    var names = ["global", "runner", "proxy", "handler"].flatMap(PushpinKeys.names(of:))
    names += RouteDraft.names.filter { $0 != "grip" } + OriginTargetParser.names
    for name in names {
      #expect(text.contains("`\(name)`") || text.contains("] \(name)`"), "\(name)")
    }
  }
}
