import ChannelServer
import Channels
import Testing
import XMPP

@Suite("Search") struct SearchTests {
  @Test func `a search finds what its asker may read, and nothing else`() async throws {
    let test = try TestServer()
    try await test.register("romeo", "juliet")
    try await test.session("juliet").configure(posts("juliet"), NodeConfiguration(accessModel: .authorize))
    let open = try await test.session("romeo").publish(post("the lark"), to: posts("romeo"))
    let closed = try await test.session("juliet").publish(post("the lark again"), to: posts("juliet"))
    func found(_ session: any ChannelSession) async throws -> [String] {
      let result = try await session.searchEntries("lark", max: 10, offset: 0)
      #expect(result.count == result.entries.count)
      return result.entries.map(\.id)
    }
    #expect(try await found(test.anonymous) == [open.id])
    #expect(try await found(test.session("romeo")) == [open.id])
    #expect(try await found(test.session("juliet")) == [closed.id, open.id])
    try await test.session("romeo").retract(open.id, from: posts("romeo"))
    #expect(try await found(test.anonymous) == [])
  }

  @Test func `channels are found by anybody`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    try await test.session("romeo").createTopicChannel(jid("coffee@topics.example.com"))
    let result = try await test.anonymous.searchChannels("coffee", max: 10, offset: 0)
    #expect(result.channels.map(\.channel.description) == ["coffee@topics.example.com"])
    #expect(result.channels.first?.metadata.channelType == .topic)
    #expect(result.count == 1)
  }

  @Test func `a search is bounded`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    for number in 0..<3 { _ = try await test.session("romeo").publish(post("lark \(number)"), to: posts("romeo")) }
    #expect(try await test.anonymous.searchEntries("lark", max: 2, offset: 0).entries.count == 2)
    #expect(try await test.anonymous.searchEntries("lark", max: 1_000_000_000, offset: 2).entries.count == 1)
    #expect(
      await refusal {
        try await test.anonymous.searchEntries(String(repeating: "x", count: 257), max: 1, offset: 0)
      } == .policyViolation)
    for (max, offset) in [(-1, 0), (1, -1), (1, 10_001)] {
      #expect(await refusal { try await test.anonymous.searchEntries("x", max: max, offset: offset) } == .badRequest)
      #expect(await refusal { try await test.anonymous.searchChannels("x", max: max, offset: offset) } == .badRequest)
    }
  }

  @Test func `pages are capped, and after and before exclude each other`() async throws {
    let test = try TestServer { $0.limits.maxPage = 3 }
    try await test.register("romeo")
    let session = try test.session("romeo")
    for number in 0..<5 { _ = try await session.publish(post("\(number)"), to: posts("romeo")) }
    #expect(try await session.entries(of: posts("romeo"), page: PageRequest(max: 1_000_000_000)).count == 3)
    #expect(try await session.entries(of: posts("romeo"), page: PageRequest(max: 0)).isEmpty)
    #expect(await refusal { try await session.entries(of: posts("romeo"), page: PageRequest(max: -1)) } == .badRequest)
    #expect(
      await refusal { try await session.entries(of: posts("romeo"), page: PageRequest(after: "a", before: "b")) }
        == .badRequest)
    #expect(
      await refusal { try await session.threads(of: posts("romeo"), page: PageRequest(after: "none")) }
        == .itemNotFound)
  }
}
