import Foundation
import Testing

@Suite("The arrows between targets")
struct ArrowTests {
  let table: ArrowTable

  init() throws { table = try ArrowTable.current() }

  @Test func `every target of Package.swift is in the table and the other way round`() throws {
    let targets = try Manifest.current().targets.filter { $0.type != "test" }.map(\.name)
    #expect(Set(targets) == Set(table.rows.keys))
  }

  @Test func `no target depends on what its row does not allow`() throws {
    for target in try Manifest.current().targets where target.type != "test" {
      let row = try #require(table.rows[target.name])
      for dependency in target.dependencies {
        #expect(
          row.ours.contains(dependency.name) || row.others.contains(dependency.name),
          "Package.swift: \(target.name) → \(dependency.name) is not in docs/architecture.md")
      }
    }
  }

  @Test func `no source file imports what its target's row does not allow`() throws {
    let everywhere: Set = ["Swift", "Glibc", "Musl", "Darwin", "Synchronization", "Dispatch"]
    var count = 0
    for path in SourceTree.files(below: "Sources", extensions: ["swift"]) {
      let target = String(path.split(separator: "/")[1])
      let row = try #require(table.rows[target], "\(path): the target is not in docs/architecture.md")
      for (module, line) in SourceTree.imports(in: try SourceTree.text(of: path)) where !everywhere.contains(module) {
        count += 1
        #expect(
          row.ours.contains(module) || row.others.contains(module),
          "\(path):\(line): \(target) → \(module) is not in docs/architecture.md")
      }
    }
    #expect(count > 10, "the search found hardly any import, so it is the search that is wrong")
  }

  @Test func `pure targets know no sockets, clock or files`() throws {
    for (name, row) in table.rows where row.layer == "pure" {
      let impure = row.others.filter {
        $0.hasPrefix("NIO") || $0.hasPrefix("Foundation") || $0 == "Hummingbird"
      }
      #expect(impure.isEmpty, "\(name) is pure and may not import \(impure.sorted())")
      for path in SourceTree.files(below: "Sources/\(name)", extensions: ["swift"]) {
        let modules = SourceTree.imports(in: try SourceTree.text(of: path)).map(\.module)
        #expect(!modules.contains { $0 == "Dispatch" }, "\(path) is pure and imports Dispatch")
      }
    }
  }

  @Test(arguments: ["FanoutEdge", "FanoutBus", "GRIP", "ServerKit", "fanout-edge"])
  func `the worker's targets are free of Foundation`(target: String) throws {
    let row = try #require(table.rows[target])
    #expect(row.others.allSatisfy { !$0.hasPrefix("Foundation") })
  }

  @Test func `the two halves know nothing of each other`() {
    let social: Set = [
      "BuddycloudAPI", "WebClient", "ChannelProtocol", "ChannelServer", "ChannelStorePostgreSQL", "ChannelStoreSQLite",
      "Channels", "XMPP", "XMPPTransport",
    ]
    let proxy: Set = ["FanoutEdge", "FanoutBus", "fanout", "fanout-edge"]
    for (name, row) in table.rows where name != "buddycloud" {
      if social.contains(name) { #expect(row.ours.isDisjoint(with: proxy), "\(name) knows the proxy") }
      if proxy.contains(name) { #expect(row.ours.isDisjoint(with: social), "\(name) knows the social half") }
    }
  }

  @Test func `nothing imports what stands above it`() {
    let layers = ["executable", "product", "engine", "driver", "transport", "pure", "base"]
    for (name, row) in table.rows where row.layer != "tests only" {
      guard let own = layers.firstIndex(of: row.layer) else {
        Issue.record("\(name) has an unknown layer: \(row.layer)")
        continue
      }
      for lower in row.ours {
        let other = table.rows[lower].flatMap { layers.firstIndex(of: $0.layer) }
        #expect(other.map { $0 >= own } ?? false, "\(name) → \(lower) does not point down")
      }
    }
  }

  @Test func `an import is found whatever stands before it`() {
    let source = """
      import A
      public import B
      @preconcurrency internal import struct C.D
      @_spi(Core) import E
      // import F
      """
    #expect(SourceTree.imports(in: source).map(\.module) == ["A", "B", "C", "E"])
  }
}
