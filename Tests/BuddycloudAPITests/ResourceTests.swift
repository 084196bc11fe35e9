@testable import BuddycloudAPI
import Channels
import ChannelServer
import Foundation
import NIOHTTP1
import Testing

@Suite("Resources (buddycloud-http-api.md §4)")
struct ResourceTests {
  @Test func `the root says whether credentials are right`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      #expect(try await api.get("/").status == 204)
      #expect(try await api.get("/", as: "alice").status == 204)
      #expect(try await api.get("/", as: "alice@example.com/http").status == 204)
      let wrong = try await api.send(.GET, "/", as: "alice", password: "wrong")
      #expect(wrong.status == 401)
      #expect(wrong["WWW-Authenticate"] == "Basic realm=\"example.com\"")
      #expect(try await api.send(.GET, "/", as: "nobody").status == 401)
    }
  }

  @Test func `an account is made, used, given a new password, and removed`() async throws {
    try await TestAPI.run { api in
      let body = #"{"username":"alice","password":"with:colon","email":"alice@mail.example"}"#
      let made = try await api.post("/account", body)
      #expect(made.status == 200)
      #expect(made.body == "OK")
      #expect(try await api.post("/account", body).status == 503)
      #expect(try await api.send(.GET, "/", as: "alice", password: "with:colon").status == 204)
      let changed = try await api.send(
        .POST, "/account/pw/change", as: "alice", password: "with:colon",
        body: #"{"username":"alice@example.com","password":"new"}"#)
      #expect(changed.status == 200)
      #expect(try await api.send(.GET, "/", as: "alice", password: "with:colon").status == 401)
      #expect(try await api.send(.DELETE, "/account", as: "alice", password: "new").status == 200)
      #expect(try await api.send(.GET, "/", as: "alice", password: "new").status == 401)
    }
  }

  @Test func `nobody changes another's password`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice", "bob")
      let reply = try await api.post("/account/pw/change", as: "bob", #"{"username":"alice","password":"x"}"#)
      #expect(reply.status == 403)
      #expect(try await api.get("/", as: "alice").status == 204)
    }
  }

  @Test func `closed registration is 403`() async throws {
    try await TestAPI.run(channels: { $0.isRegistrationOpen = false }) { api in
      let reply = try await api.post("/account", #"{"username":"a","password":"b","email":"c@d.example"}"#)
      #expect(reply.status == 403)
    }
  }

  @Test func `a post in JSON is answered with the entry and its place`() async throws {
    try await TestAPI.run({ $0.publicPrefix = "/api" }) { api in
      try await api.register("alice")
      let reply = try await api.post(
        "/alice@example.com/content/posts/", as: "alice",
        #"{"content":"1 < 2 & \"three\"","media":[{"id":"m1","channel":"alice@example.com"}]}"#)
      #expect(reply.status == 201)
      #expect(reply["Content-Type"] == "application/json; charset=utf-8")
      let id = try #require(reply.json["id"]?.string)
      #expect(reply["Location"] == "/api/alice@example.com/content/posts/\(id)")
      #expect(reply.json["author"]?.string == "alice@example.com")
      #expect(reply.json["content"]?.string == "1 < 2 & \"three\"")
      #expect(reply.json["published"]?.string != nil)
      #expect(reply.json["media"]?[0]?["id"]?.string == "m1")
      let read = try await api.get("/alice@example.com/content/posts/\(id)")
      #expect(read.json == reply.json)
    }
  }

  @Test(
    arguments: [
      ("application/x-www-form-urlencoded", #"{"content":"x"}"#, "application/json; charset=utf-8"),
      ("text/plain", "  \n{\"content\":\"x\"}", "application/json; charset=utf-8"),
      ("application/json; charset=utf-8", #"{"content":"x"}"#, "application/json; charset=utf-8"),
      ("application/atom+xml", atom, "application/atom+xml"), ("text/xml", atom, "application/atom+xml"),
      ("application/xml; charset=utf-8", atom, "application/atom+xml"),
      ("application/octet-stream", atom, "application/atom+xml"),
    ])
  func `a body is sniffed, and answered in the encoding of its type`(
    type: String, body: String, answer: String
  ) async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      let reply = try await api.send(
        .POST, "/alice@example.com/content/posts", as: "alice", headers: [("Content-Type", type)], body: body)
      #expect(reply.status == 201)
      #expect(reply["Content-Type"] == answer)
      #expect(try await api.get("/alice@example.com/content/posts").json[0]?["content"]?.string == "x")
    }
  }

  private static let atom = #"<entry xmlns="http://www.w3.org/2005/Atom"><content>x</content></entry>"#

  @Test func `a feed is Atom with head, titles and names, or a JSON array`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      let text = String(repeating: "ä", count: 45)
      try await api.post(text: text)
      try await api.post(text: "short")
      let json = try await api.get("/alice@example.com/content/posts")
      #expect(json["Content-Type"] == "application/json; charset=utf-8")
      #expect(json.json.elements.map { $0["content"]?.string } == ["short", text])
      #expect(json.json[0]?["source"] == nil)
      let atom = try await api.send(.GET, "/alice@example.com/content/posts")
      #expect(atom["Content-Type"] == "application/atom+xml")
      #expect(atom.body.contains("<title>alice@example.com posts</title>"))
      #expect(
        atom.body.contains(
          "<id>xmpp:channels.example.com?pubsub;action=retrieve;node=/user/alice@example.com/posts</id>"))
      #expect(atom.body.contains("<title>\(String(repeating: "ä", count: 39))…</title>"))
      #expect(atom.body.contains("<title>short</title>"))
      #expect(atom.body.contains("<name>alice@example.com</name>"))
      let empty = try await api.get("/alice@example.com/content/status")
      #expect(empty.body == "[]")
    }
  }

  @Test func `pages follow one another by the last id`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      for number in 1...5 { try await api.post(text: "\(number)") }
      let first = try await api.get("/alice@example.com/content/posts?max=2")
      #expect(first.json.elements.map { $0["content"]?.string } == ["5", "4"])
      let link = try #require(first["Link"])
      let query = try #require(link.split(separator: ">").first?.dropFirst())
      let second = try await api.get("/alice@example.com/content/posts\(query)")
      #expect(second.json.elements.map { $0["content"]?.string } == ["3", "2"])
    }
  }

  @Test func `PUT replaces the newest entry of a value node`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      for text in ["busy", "free"] {
        let reply = try await api.send(
          .PUT, "/alice@example.com/content/status", as: "alice", body: "{\"content\":\"\(text)\"}")
        #expect(reply.status == 201)
      }
      let status = try await api.get("/alice@example.com/content/status")
      #expect(status.json.elements.map { $0["content"]?.string } == ["free"])
    }
  }

  @Test func `replies and threads`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      let root = try await api.post(text: "root")
      let reply = try await api.post(
        "/alice@example.com/content/posts", as: "alice", #"{"content":"answer","replyTo":"\#(root)"}"#)
      #expect(reply.json["replyTo"]?.string == root)
      let replies = try await api.get("/alice@example.com/content/posts/\(root)/replyTo", as: "alice")
      #expect(replies.json.elements.map { $0["content"]?.string } == ["answer"])
      #expect(try await api.get("/alice@example.com/content/posts/\(root)/replyto").status == 401)
      let threads = try await api.get("/alice@example.com/CONTENT/posts/Threads")
      #expect(threads.json[0]?["id"]?.string == root)
      #expect(threads.json[0]?["items"]?.elements.map { $0["content"]?.string } == ["root", "answer"])
    }
  }

  @Test func `an item is found by its tag id and its two-part id too`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      let id = try await api.post(text: "x")
      for form in [
        "tag:channels.example.com,%2Fuser%2Falice@example.com%2Fposts,\(id)",
        "%2Fuser%2Falice@example.com%2Fposts,\(id)",
      ] {
        #expect(try await api.get("/alice@example.com/content/posts/\(form)").json["id"]?.string == id)
      }
      #expect(try await api.send(.DELETE, "/alice@example.com/content/posts/\(id)", as: "alice").status == 204)
      #expect(try await api.get("/alice@example.com/content/posts/\(id)").status == 404)
    }
  }

  @Test func `metadata is read by all and changed by the owner`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice", "bob")
      let body = #"{"title":"Alice's","description":"All of it","access_model":"whitelist","unknown":1}"#
      #expect(try await api.post("/alice@example.com/metadata/posts", as: "bob", body).status == 403)
      #expect(try await api.post("/alice@example.com/metadata/posts", body).status == 401)
      #expect(try await api.post("/alice@example.com/metadata/posts", as: "alice", body).body == "OK")
      let shown = try await api.get("/alice@example.com/metadata/posts").json
      #expect(shown["title"]?.string == "Alice's")
      #expect(shown["access_model"]?.string == "whitelist")
      #expect(shown["channel_type"]?.string == "personal")
      #expect(shown["creation_date"]?.string.flatMap(Timestamp.init) != nil)
      #expect(try await api.get("/nobody@example.com/metadata/posts").status == 404)
    }
  }

  @Test func `topic channels and nodes are made and removed`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice", "bob")
      #expect(try await api.send(.POST, "/coffee@topics.example.com").status == 401)
      #expect(try await api.send(.POST, "/coffee@topics.example.com", as: "alice").body == "OK")
      #expect(try await api.send(.POST, "/coffee@topics.example.com", as: "bob").status == 500)
      #expect(try await api.send(.POST, "/coffee@topics.example.com/recipes", as: "alice").status == 200)
      #expect(try await api.send(.DELETE, "/coffee@topics.example.com/recipes", as: "bob").status == 403)
      #expect(try await api.send(.DELETE, "/coffee@topics.example.com/recipes", as: "alice").status == 200)
      #expect(try await api.send(.DELETE, "/coffee@topics.example.com", as: "alice").status == 200)
      #expect(try await api.get("/coffee@topics.example.com/content/posts").status == 404)
    }
  }

  @Test func `following, subscribers, roles and approval`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice", "bob")
      #expect(
        try await api.post("/alice@example.com/metadata/posts", as: "alice", #"{"access_model":"authorize"}"#).status
          == 200)
      #expect(try await api.post("/subscribed", as: "bob", #"{"alice@example.com/posts":"member"}"#).body == "OK")
      #expect(try await api.get("/subscribed", as: "bob").json["alice@example.com/posts"]?.string == "pending")
      #expect(try await api.get("/alice@example.com/content/posts", as: "bob").status == 403)
      let waiting = try await api.get("/alice@example.com/subscribers/posts/approve", as: "alice").json
      #expect(
        waiting.elements.contains { $0["jid"]?.string == "bob@example.com" && $0["subscription"]?.string == "pending" })
      let approval = #"[{"jid":"bob@example.com","subscription":"subscribed"}]"#
      #expect(try await api.post("/alice@example.com/subscribers/posts/approve", as: "alice", approval).status == 200)
      #expect(try await api.get("/alice@example.com/content/posts", as: "bob").status == 200)
      let roles = #"{"bob@example.com":"follower+post"}"#
      #expect(try await api.post("/alice@example.com/subscribers/posts", as: "alice", roles).status == 200)
      #expect(
        try await api.get("/alice@example.com/subscribers/posts", as: "alice").json["bob@example.com"]?.string
          == "publisher")
      #expect(try await api.post("/subscribed", as: "bob", #"{"alice@example.com/posts":"none"}"#).status == 200)
      #expect(try await api.get("/subscribed", as: "bob").json["alice@example.com/posts"] == nil)
    }
  }

  @Test func `sync has entries, or the counts of both generations`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice", "bob")
      _ = try await api.post("/coffee@topics.example.com", as: "alice", "")
      _ = try await api.post("/subscribed", as: "bob", #"{"coffee@topics.example.com/posts":"member"}"#)
      let own = try await api.post(text: "by bob", to: "coffee@topics.example.com", as: "bob")
      _ = try await api.post(
        "/coffee@topics.example.com/content/posts", as: "alice",
        #"{"content":"hello bob@example.com, well","replyTo":"\#(own)"}"#)
      try await api.post(text: "not for bob@example.company", to: "coffee@topics.example.com")
      let since = "since=1970-01-01T00:00:00.000Z&max=10"
      let key = "/user/coffee@topics.example.com/posts"
      let full = try await api.get("/sync?\(since)", as: "bob").json
      #expect(full[key]?.elements.count == 3)
      for parameter in ["summary", "counters"] {
        let summary = try await api.get("/sync?\(since)&\(parameter)=true", as: "bob").json[key]
        #expect(summary?["totalCount"] == .number(2))
        #expect(summary?["mentionsCount"] == .number(1))
        #expect(summary?["repliesCount"] == .number(1))
        #expect(summary?["postsThisWeek"]?.elements.count == 3)
        #expect(summary?["lastMention"]?.string != nil)
        #expect(summary?["lastPost"] == summary?["lastUpdated"])
      }
    }
  }

  @Test func `search finds channels and posts`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      _ = try await api.post("/coffee@topics.example.com", as: "alice", "")
      let id = try await api.post(text: "espresso at noon")
      let posts = try await api.get("/search?type=content&q=espresso").json
      #expect(posts["items"]?[0]?["id"]?.string == id)
      #expect(posts["items"]?[0]?["parent_simpleid"]?.string == "alice@example.com")
      #expect(posts["rsm"]?["count"]?.string == "1")
      let channels = try await api.get("/search?type=metadata&q=coffee&max=5&index=0").json
      #expect(channels["items"]?[0]?["jid"]?.string == "coffee@topics.example.com")
      #expect(channels["items"]?[0]?["channelType"]?.string == "topic")
      let none = try await api.get("/search?type=content&q=tea").json
      #expect(none["rsm"]?["index"] == .number(0))
    }
  }

  @Test func `health answers without credentials`() async throws {
    try await TestAPI.run { api in
      for path in ["/healthz", "/readyz"] {
        let reply = try await api.get(path)
        #expect(reply.body == "OK")
      }
    }
  }
}
