import ChannelServer
import Channels
import Foundation
import GRIP
import NIOHTTP1
import PubControl
import Testing
import XMPP

@testable import BuddycloudAPI

@Suite("Losing the right to read, behind a proxy") struct AccessReductionTests {
  private static let posts = NodeID(channel: JID(prepared: "alice@example.com"), name: "posts")

  private static func session(_ api: TestAPI) -> any ChannelSession {
    api.channels.trustedSession(user: JID(prepared: "alice@example.com"))
  }

  @Test func `a user's hold on a node also listens for the day when they may not any more`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice", "bob")
      let path = "/notifications/posts?node=alice@example.com/posts"
      let poll = try await api.get(path, as: "bob", headers: [try api.signature])
      #expect(poll.json["hold"]?["channels"]?[0]?["name"]?.string == "np-node-alice@example.com.posts-json")
      #expect(poll.json["hold"]?["channels"]?[1]?["name"]?.string == "np-access-bob@example.com")
      #expect(poll.json["hold"]?["channels"]?[1]?["prev-id"] == nil)
      let anonymous = try await api.get(path, headers: [try api.signature])
      #expect(anonymous.json["hold"]?["channels"]?.elements.count == 1)
    }
  }

  @Test func `a next link goes on for as long as its user may hear the queue`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice", "bob")
      func link(_ user: String?, node: String?) async throws -> String {
        let reply = try await api.send(
          .GET, "/notifications/posts" + (node.map { "?node=\($0)" } ?? ""), as: user,
          headers: [("Accept", "text/event-stream"), try api.signature])
        #expect(reply["Grip-Hold"] == "stream")
        return String(try #require(reply["Grip-Link"]?.split(separator: ">").first?.dropFirst()))
      }
      func isHeld(_ link: String) async throws -> Bool {
        let reply = try await api.send(.GET, "/notifications/posts\(link)", headers: [try api.signature])
        #expect(reply.status == 200)
        #expect((reply["Grip-Hold"] == nil) == (reply["Grip-Link"] == nil))
        return reply["Grip-Hold"] == "stream"
      }
      let bobs = try await link("bob", node: "alice@example.com/posts")
      let own = try await link("bob", node: nil)
      let strangers = try await link(nil, node: "alice@example.com/posts")
      let all = try await link(nil, node: nil)
      for link in [bobs, own, strangers, all] { #expect(try await isHeld(link)) }
      try await Self.session(api).setAffiliation(.outcast, of: JID("bob@example.com"), in: Self.posts)
      #expect(try await !isHeld(bobs))
      for link in [own, strangers, all] { #expect(try await isHeld(link)) }
      try await Self.session(api).configure(Self.posts, NodeConfiguration(accessModel: .authorize))
      #expect(try await !isHeld(strangers))
      for link in [own, all] { #expect(try await isHeld(link)) }
      try await api.channels.removeAccount(JID("bob@example.com"))
      #expect(try await !isHeld(own))
      #expect(try await isHeld(all))
    }
  }

  @Test func `proxies are hinted on the channels that are concerned, and on no other`() async throws {
    let double = ControlDouble()
    try await double.run { uri in
      try await TestAPI.run(publisher: ProxyRelayTests.publisher(uri)) { api in
        try await api.register("alice", "bob")
        try await eventually { try await ProxyRelayTests.hasStarted(api, 1) }
        let bob = JID(prepared: "bob@example.com")
        try await Self.session(api).setAffiliation(.outcast, of: bob, in: Self.posts)
        try await eventually { double.taken.count == 1 + 5 }
        // The channel's five other nodes say the same.
        #expect(Set(double.taken.map(\.channel)) == ["np-access-bob@example.com"])
        for item in double.taken {
          #expect(item.id == nil && item.previousID == nil)
          #expect(item.httpResponse == .hint && item.httpStream == .hint)
        }
        try await Self.session(api).configure(Self.posts, NodeConfiguration(accessModel: .authorize))
        try await eventually { double.taken.count == 6 + 4 }
        #expect(
          Set(double.taken.dropFirst(6).map(\.channel)) == [
            "np-node-alice@example.com.posts-json", "np-node-alice@example.com.posts-atom",
            "np-@example.com-node-alice@example.com.posts-json", "np-@example.com-node-alice@example.com.posts-atom",
          ])
        try await api.channels.removeAccount(bob)
        try await eventually {
          Set(double.taken.map(\.channel)).isSuperset(of: [
            "np-bob@example.com-json", "np-bob@example.com-atom", "np-access-bob@example.com",
          ])
        }
      }
    }
  }
}
