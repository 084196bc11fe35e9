@testable import BuddycloudAPI
import Channels
import ChannelServer
import Foundation
import GRIP
import NIOHTTP1
import Testing

@Suite("GET /notifications/posts without a proxy (buddycloud-http-api.md §5)")
struct NotificationTests {
  private static let cors = [
    "Access-Control-Allow-Credentials: true",
    "Access-Control-Allow-Methods: GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers: Authorization, Content-Type, X-Requested-With, X-Session-Id",
    "Access-Control-Expose-Headers: Location, X-Session-Id",
  ]

  @Test func `the transcript of the article: a long-poll is held, and completes when somebody posts`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      try await api.post(text: "first")
      let position = try await api.get("/notifications/posts?since=")
      let cursor = try #require(position.json["last_cursor"]?.string)
      async let poll = api.get(
        "/notifications/posts?since=cursor:\(cursor)", headers: [("Origin", "https://web.example.com")])
      try await api.untilHeld(1)
      let id = try await api.post(text: "test post")
      let reply = try await poll
      let entry = try await api.get("/alice@example.com/content/posts/\(id)").json
      let time = try #require(entry["published"]?.string)
      #expect(reply.status == 200)
      let next = try #require(Int(cursor)) + 1
      #expect(
        reply.body == #"{"last_cursor":"\#(next)","items":[{"id":"\#(id)","#
          + #""source":"alice@example.com/posts","author":"alice@example.com","published":"\#(time)","#
          + #""updated":"\#(time)","content":"test post"}]}"#)
      #expect(
        reply.meaningful == ["Access-Control-Allow-Origin: https://web.example.com"] + Self.cors + [
          "Content-Type: application/json", "Content-Length: \(reply.body.utf8.count)",
        ])
      #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }
  }

  @Test func `a hold whose time is over is answered without items and with the cursor`() async throws {
    try await TestAPI.run({ $0.realtime.holdTimeout = .milliseconds(50) }) { api in
      let json = try await api.get("/notifications/posts?since=cursor:0")
      #expect(json.status == 200)
      #expect(json.body == #"{"last_cursor":"0","items":[]}"#)
      #expect(
        json.meaningful == ["Access-Control-Allow-Origin: *"] + Self.cors + [
          "Content-Type: application/json", "Content-Length: 30",
        ])
      let atom = try await api.send(.GET, "/notifications/posts?since=cursor:0")
      #expect(
        atom.body == "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"/>\n")
      #expect(atom["Content-Type"] == "application/atom+xml")
    }
  }

  @Test func `the position of an empty queue is 0 in both forms, whoever asks and whenever`() async throws {
    try await TestAPI.run { api in
      let reply = try await api.get("/notifications/posts?since=")
      #expect(reply.body == #"{"last_cursor":"0","last":"0","items":[]}"#)
    }
  }

  @Test func `an empty since is answered at once, in JSON, with the positions of both forms`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      try await api.post(text: "hello")
      let reply = try await api.send(.GET, "/notifications/posts?since=", headers: [("Accept", "text/html")])
      #expect(reply.status == 200)
      #expect(reply["Content-Type"] == "application/json")
      #expect(reply.json["last_cursor"]?.string == "1")
      let time = try #require(
        try await api.get("/alice@example.com/content/posts").json[0]?["updated"]?.string.flatMap(Timestamp.init))
      #expect(reply.json["last"]?.string == String(time.milliseconds))
      #expect(reply.json["items"] == .array([]))
    }
  }

  @Test(
    arguments: [
      ("since=foo", "Error: Invalid since value\n"), ("since=1a", "Error: Invalid since value\n"),
      ("since=position:1", "Error: Invalid since value\n"), ("since=-1", "Error: Invalid since value\n"),
      ("since=99999999999999999999", "Error: Invalid since value\n"),
      ("since=:1", "Error: Invalid since value\n"), ("since=Cursor:1", "Error: Invalid since value\n"),
      ("since=cursor:", "Error: Invalid cursor value\n"), ("since=cursor:abc", "Error: Invalid cursor value\n"),
      ("since=cursor:-1", "Error: Invalid cursor value\n"), ("since=cursor:+", "Error: Invalid cursor value\n"),
    ])
  func `a since that is none is refused in the words of 2013`(query: String, text: String) async throws {
    try await TestAPI.run { api in
      let reply = try await api.get("/notifications/posts?\(query)")
      #expect(reply.status == 400)
      #expect(reply.body == text)
      #expect(reply["Access-Control-Allow-Origin"] == "*")
    }
  }

  @Test(arguments: ["cursor:0", "cursor:0abc", "cursor:%20%2B0", "cursor:-0", "cursor:0:9"])
  func `a cursor is read as C's strtol reads it`(since: String) async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      try await api.post(text: "one")
      try await api.post(text: "two")
      let reply = try await api.get("/notifications/posts?since=\(since)")
      #expect(reply.json["items"]?.elements.map { $0["content"]?.string } == ["one", "two"])
      #expect(reply.json["last_cursor"]?.string == "2")
    }
  }

  @Test(arguments: ["since=cursor:7", "since=cursor:99999999999999999999", ""])
  func `a cursor beyond the end waits at the end, and so does none`(query: String) async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      try await api.post(text: "one")
      async let poll = api.get("/notifications/posts?\(query)")
      try await api.untilHeld(1)
      try await api.post(text: "two")
      let reply = try await poll
      #expect(reply.json["items"]?.elements.map { $0["content"]?.string } == ["two"])
    }
  }

  @Test func `neither Atom nor JSON is 406, and nothing is held`() async throws {
    try await TestAPI.run { api in
      let reply = try await api.send(.GET, "/notifications/posts", headers: [("Accept", "text/html")])
      #expect(reply.status == 406)
      #expect(api.server.services.hub.count == 0)
    }
  }

  @Test func `a user hears what they follow, and only that`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice", "bob", "carol")
      let follow = try await api.post("/subscribed", as: "bob", #"{"alice@example.com/posts":"member"}"#)
      #expect(follow.status == 200)
      async let poll = api.get("/notifications/posts", as: "bob")
      try await api.untilHeld(1)
      try await api.post(text: "not for bob", to: "carol@example.com", as: "carol")
      try await api.post(text: "for bob")
      #expect(try await poll.json["items"]?.elements.map { $0["content"]?.string } == ["for bob"])
    }
  }

  @Test func `node hears one channel only, and checks that one may`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice", "bob")
      async let poll = api.get("/notifications/posts?node=bob@example.com/posts")
      try await api.untilHeld(1)
      try await api.post(text: "from alice")
      try await api.post(text: "from bob", to: "bob@example.com", as: "bob")
      #expect(try await poll.json["items"]?.elements.map { $0["content"]?.string } == ["from bob"])
      let closed = try await api.post(
        "/alice@example.com/metadata/posts", as: "alice", #"{"access_model":"authorize"}"#)
      #expect(closed.status == 200)
      #expect(try await api.get("/notifications/posts?node=alice@example.com/posts").status == 401)
      #expect(try await api.get("/notifications/posts?node=alice@example.com/posts", as: "bob").status == 403)
      #expect(try await api.get("/notifications/posts?node=nobody@example.com/posts").status == 404)
    }
  }

  @Test func `a retraction completes a poll with its id under a key of its own`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      let id = try await api.post(text: "oops")
      async let poll = api.get("/notifications/posts?since=cursor:1")
      try await api.untilHeld(1)
      #expect(try await api.send(.DELETE, "/alice@example.com/content/posts/\(id)", as: "alice").status == 204)
      #expect(
        try await poll.body
          == #"{"last_cursor":"2","items":[],"retracted":[{"id":"\#(id)","source":"alice@example.com/posts"}]}"#)
      let atom = try await api.send(.GET, "/notifications/posts?since=cursor:1")
      #expect(atom.body.contains("deleted-entry"))
      #expect(atom.body.contains(id))
    }
  }

  @Test func `the form of 2014 has milliseconds and both keys`() async throws {
    try await TestAPI.run({ $0.realtime.holdTimeout = .milliseconds(50) }) { api in
      try await api.register("alice")
      try await api.post(text: "one")
      let time = try #require(
        try await api.get("/alice@example.com/content/posts").json[0]?["updated"]?.string.flatMap(Timestamp.init))
      let news = try await api.get("/notifications/posts?since=\(time.milliseconds - 1)")
      #expect(news.json["items"]?.elements.count == 1)
      #expect(news.json["last"]?.string == String(time.milliseconds))
      #expect(news.json["last_cursor"]?.string == "1")
      let nothing = try await api.get("/notifications/posts?since=\(time.milliseconds)")
      #expect(nothing.body == #"{"last_cursor":"1","last":"\#(time.milliseconds)","items":[]}"#)
    }
  }

  @Test func `a page is full at max-events, and its cursor goes on from there`() async throws {
    try await TestAPI.run({ $0.realtime.maxEvents = 2 }) { api in
      try await api.register("alice")
      for number in 1...5 { try await api.post(text: "\(number)") }
      var contents: [String] = []
      var cursor = "0"
      for _ in 1...3 {
        let reply = try await api.get("/notifications/posts?since=cursor:\(cursor)")
        contents += reply.json["items"]?.elements.compactMap { $0["content"]?.string } ?? []
        cursor = try #require(reply.json["last_cursor"]?.string)
      }
      #expect(contents == ["1", "2", "3", "4", "5"])
    }
  }

  @Test func `a cursor older than what is kept is answered with reset`() async throws {
    try await TestAPI.run(channels: { $0.retention.maxEvents = 2 }) { api in
      try await api.register("alice")
      for number in 1...5 { try await api.post(text: "\(number)") }
      _ = try await api.channels.removeOldEvents()
      let reply = try await api.get("/notifications/posts?since=cursor:1")
      #expect(reply.json["reset"] == .bool(true))
      #expect(reply.json["items"]?.elements.last?["content"]?.string == "5")
      #expect(try await api.get("/notifications/posts?since=cursor:4").json["reset"] == nil)
    }
  }

  @Test func `every held reader is woken by one post`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 1...50 { group.addTask { try await api.get("/notifications/posts?since=cursor:0").body } }
        try await api.untilHeld(50)
        try await api.post(text: "for all")
        let bodies = try await group.reduce(into: Set<String>()) { $0.insert($1) }
        #expect(bodies.count == 1)
        #expect(bodies.first?.contains("for all") == true)
      }
      try await api.untilHeld(0)
    }
  }

  @Test func `beyond max-holds is 503`() async throws {
    try await TestAPI.run({ $0.realtime.maxHolds = 1 }) { api in
      try await api.register("alice")
      async let poll = api.get("/notifications/posts")
      try await api.untilHeld(1)
      #expect(try await api.get("/notifications/posts").status == 503)
      let stream = try await api.send(.GET, "/notifications/posts", headers: [("Accept", "text/event-stream")])
      #expect(stream.status == 503)
      try await api.post(text: "hello")
      #expect(try await poll.status == 200)
    }
  }

  @Test func `require-proxy refuses with the words of 2013`() async throws {
    try await TestAPI.run({ $0.realtime.requireProxy = true }) { api in
      let reply = try await api.get("/notifications/posts?since=")
      #expect(reply.status == 501)
      #expect(reply.body == "Error: Realtime endpoint not supported. Set up Pushpin or Fanout.io\n")
      #expect(reply["Access-Control-Allow-Origin"] == "*")
    }
  }

  @Test func `HEAD never holds`() async throws {
    try await TestAPI.run { api in
      let reply = try await api.send(.HEAD, "/notifications/posts", headers: [("Accept", "application/json")])
      #expect(reply.status == 200)
      #expect(reply.body.isEmpty)
      #expect(reply["Content-Type"] == "application/json")
    }
  }

  @Test func `a client that hangs up frees its place at once`() async throws {
    try await TestAPI.run { api in
      let poll = Task { try await api.get("/notifications/posts") }
      try await api.untilHeld(1)
      poll.cancel()
      _ = await poll.result
      try await api.untilHeld(0)
    }
  }

  @Test func `a server that stops answers its long-polls first`() async throws {
    let (polls, poll) = AsyncStream<Reply>.makeStream()
    try await TestAPI.run { api in
      Task { poll.yield(try await api.get("/notifications/posts?since=cursor:0")) }
      try await api.untilHeld(1)
    }
    let reply = await polls.first { _ in true }
    #expect(reply?.body == #"{"last_cursor":"0","items":[]}"#)
  }
}
