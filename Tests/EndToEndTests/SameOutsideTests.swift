import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// The API alone, behind its embedded edge, behind a separate edge and behind Debian's Pushpin, all at once.
  @Suite("The same outside, whatever is in front") struct SameOutsideTests {
    /// One API process with everything in front of it that it can have.
    final class Scene {
      let server: Standalone
      let edge: EdgeProcess
      let pushpin: Pushpin

      init(_ store: StoreKind = .sqlite) throws {
        // The proxies are in the API's configuration and the API is in theirs, so its port is picked before all of them.
        let origin = try Address.free()
        let (edgeKey, pushpinKey) = ("the key of the edge", "the key of pushpin")
        edge = try EdgeProcess(origin: origin, key: edgeKey)
        pushpin = try Pushpin(origin: origin, key: pushpinKey)
        let proxies = """
          [{"key":"\(edgeKey)","controlUri":"http://\(edge.control)"},
           {"key":"\(pushpinKey)","controlUri":"http://\(pushpin.control)"}]
          """.replacing("\n", with: "")
        server = try Standalone(
          configuration: Settings.shortHold,
          apiListen: origin, options: ["--grip-proxies", proxies] + store.options())
      }

      var fronts: [Front] {
        [
          server.direct, server.front, Front(name: "separate edge", address: edge.address, prefix: ""),
          Front(name: "Pushpin", address: pushpin.address, prefix: ""),
        ]
      }
    }

    @Test(arguments: StoreKind.allCases)
    func `one conversation has the same answers over four ways`(store: StoreKind) throws {
      let scene = try Scene(store)
      let talk = Conversation(fronts: scene.fronts)
      let web = scene.server.front
      try Person.juliet.register(web)
      let origin = (name: "Origin", value: "https://social.example.com")

      // Bootstrap. With an event, whose time is what clients of 2014 are told; without any it is the present.
      try Person.juliet.publish("the first", through: web)
      try talk.same(HTTPRequest("GET", "/"))
      try talk.same(HTTPRequest("GET", "/notifications/posts?since=", [Notifications.json, origin]), isAlike: true)
      var cursor = try Notifications.cursor(web)

      // Hold, post, receive: as JSON, as Atom, with and without an origin, for the user and for everybody.
      let listeners: [(accept: (String, String), fields: HeaderFields)] = [
        (Notifications.json, [origin]), (Notifications.json, []), (Notifications.atom, [origin]),
        (Notifications.json, [Person.juliet.credentials]),
      ]
      for (accept, fields) in listeners {
        let from = try Notifications.cursor(web, fields)
        let answer = try talk.sameHeld(Notifications.poll(since: from, accept: accept, fields)) {
          try Person.juliet.publish("who is there?", through: web)
        }
        #expect(answer.status == 200)
        #expect(answer.text.contains("who is there?"))
      }
      // What is already there comes at once.
      let missed = try talk.same(Notifications.poll(since: cursor))
      #expect(try Notifications.contents(missed).count == 4)
      cursor = try Notifications.cursor(web)

      // Time out.
      for accept in [Notifications.json, Notifications.atom] {
        let answer = try talk.sameHeld(Notifications.poll(since: cursor, accept: accept, [origin])) {}
        #expect(answer.status == 200)
        #expect(accept.1 != Notifications.json.1 || answer.text == #"{"last_cursor":"\#(cursor)","items":[]}"#)
      }

      // Wrong cursors; a format that there is not.
      for since in ["nonsense", "cursor:", "cursor:x", "cursor:-3", "page:4"] {
        let answer = try talk.same(HTTPRequest("GET", "/notifications/posts?since=\(since)", [Notifications.json]))
        #expect(answer.status == 400)
      }
      #expect(try talk.same(HTTPRequest("GET", "/notifications/posts", [("Accept", "image/png")])).status == 406)

      // Unauthorised.
      let stranger = Person(name: "juliet", password: "a rose by any other name")
      #expect(try talk.same(HTTPRequest("GET", "/", [stranger.credentials])).status == 401)
      #expect(try talk.same(Notifications.poll(since: cursor, [stranger.credentials])).status == 401)
      #expect(
        try talk.same(
          HTTPRequest("POST", Person.juliet.feed, [("Content-Type", "application/json")], body: #"{"content":"x"}"#)
        ).status == 401)

      // The rest of the API passes through.
      try talk.same(HTTPRequest("OPTIONS", Person.juliet.feed, [origin]))
      for accept in [Notifications.json, Notifications.atom] {
        try talk.same(HTTPRequest("GET", Person.juliet.feed, [accept]))
      }
      try talk.same(HTTPRequest("GET", "/nobody@localhost/content/posts", [Notifications.json]))
      try talk.same(HTTPRequest("GET", "/juliet@localhost/metadata/posts"))
      try talk.same(HTTPRequest("GET", "/no/such/resource"))
      try talk.same(try Person.juliet.post("posted over each way"), isAlike: true)
    }

    @Test func `an event stream has the same head and the same events over four ways`() throws {
      let scene = try Scene()
      try Person.juliet.register(scene.server.front)
      let cursor = try Notifications.cursor(scene.server.front)
      let streams = try scene.fronts.map { try $0.events("/notifications/posts", [("Last-Event-ID", cursor)]) }
      for (front, stream) in zip(scene.fronts, streams) {
        #expect(
          stream.head.fields.comparable(without: Conversation.Answer.framing)
            == streams[0].head.fields.comparable(without: Conversation.Answer.framing), "\(front)")
        #expect(stream.head.fields["Content-Type"]?.hasPrefix("text/event-stream") == true, "\(front)")
      }
      for content in ["one", "two", "three"] { try Person.juliet.publish(content, through: scene.server.front) }
      for (front, stream) in zip(scene.fronts, streams) {
        var posts: [EventStream.Event] = []
        while posts.count < 3, let event = try stream.next() { if event.name == "post" { posts.append(event) } }
        #expect(posts.map { $0.data.contains("one") } == [true, false, false], "\(front)")
        #expect(posts.compactMap(\.id).count == 3, "\(front)")
      }
      // Who comes back with the last id gets nothing twice, over any way.
      let last = try Notifications.cursor(scene.server.front)
      try Person.juliet.publish("four", through: scene.server.front)
      for front in scene.fronts {
        let stream = try front.events("/notifications/posts", [("Last-Event-ID", last)])
        var event = try stream.next()
        while let other = event, other.name != "post" { event = try stream.next() }
        #expect(event?.data.contains("four") == true, "\(front)")
      }
    }
  }
}

/// Configuration that tests need.
enum Settings {
  /// The shortest time that a long-poll can be held.
  static let shortHold = """
    realtime:
      hold-timeout: 5s
    """
}
