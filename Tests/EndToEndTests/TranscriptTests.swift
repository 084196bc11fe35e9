import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// The transcript with which the protocol was first described, in May 2013.
  @Suite("The transcript of the article") struct TranscriptTests {
    @Test func `a long-poll is held, completes with a post, and looks as it did in 2013`() throws {
      let server = try Standalone()
      try Person.juliet.register(server.front)
      try Person.juliet.publish("the first", through: server.front)
      let cursor = try Notifications.cursor(server.front)

      let reader = try HTTPConnection(to: server.web)
      try reader.connection.send(
        """
        GET /api/notifications/posts?since=cursor:\(cursor) HTTP/1.1\r
        Host: localhost\r
        Accept: application/json\r
        \r\n
        """)
      #expect(reader.isQuiet())
      let id = try Person.juliet.publish("test post", through: server.front)
      let answer = try reader.readResponse()

      #expect(answer.head.version == "HTTP/1.1")
      #expect(answer.head.status == 200)
      #expect(answer.head.reason == "OK")
      #expect(
        answer.fields.comparable(without: ["date", "connection"]) == [
          "access-control-allow-credentials: true",
          "access-control-allow-headers: Authorization, Content-Type, X-Requested-With, X-Session-Id",
          "access-control-allow-methods: GET, POST, PUT, DELETE",
          "access-control-allow-origin: *",
          "access-control-expose-headers: Location, X-Session-Id",
          "content-length: \(answer.body.count)",
          "content-type: application/json",
        ])
      let time = #"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"#
      let shape = try Regex(
        #"\{"last_cursor":"([0-9]+)","items":\[\{"id":"\#(id)","source":"juliet@localhost/posts","#
          + #""author":"juliet@localhost","published":"\#(time)","updated":"\#(time)","content":"test post"\}\]\}"#)
      #expect(answer.text.wholeMatch(of: shape) != nil, "\(answer.text)")
      #expect(try answer.object()["last_cursor"] as? String != cursor)
    }

    @Test func `the connection of a completed long-poll takes the next one`() throws {
      let server = try Standalone()
      try Person.juliet.register(server.front)
      let reader = try HTTPConnection(to: server.web)
      var cursor = try Notifications.cursor(server.front)
      for content in ["one", "two", "three"] {
        try reader.send(server.front.prefixed(Notifications.poll(since: cursor)))
        try Person.juliet.publish(content, through: server.front)
        let answer = try reader.readResponse()
        #expect(try Notifications.contents(answer) == [content])
        cursor = try #require(try answer.object()["last_cursor"] as? String)
      }
    }

    @Test func `the page is served, and everything is still there after a restart`() throws {
      var server = try Standalone()
      let page = try HTTPConnection.exchange(server.web, HTTPRequest("GET", "/"))
      #expect(page.status == 200)
      #expect(page.fields["Content-Type"]?.hasPrefix("text/html") == true)
      try Person.juliet.register(server.front)
      let cursor = try Notifications.cursor(server.front)
      try Person.juliet.publish("before the restart", through: server.front)
      #expect(try server.process.stop() == .exited(0), "\(server.process.log.tail())")

      server = try Standalone(data: server.data)
      let feed = try server.front.exchange(HTTPRequest("GET", Person.juliet.feed, [Notifications.json]))
      #expect(feed.text.contains("before the restart"))
      let missed = try server.front.exchange(Notifications.poll(since: cursor))
      #expect(try Notifications.contents(missed) == ["before the restart"])
      try Person.juliet.publish("after the restart", through: server.front)
    }

    @Test func `a follower of somebody else's topic hears its posts`() throws {
      let server = try Standalone()
      for person in [Person.juliet, .romeo] { try person.register(server.front) }
      let made = try server.front.exchange(
        HTTPRequest("POST", "/balcony@topics.localhost", [Person.juliet.credentials]))
      #expect(made.status == 200, "\(made.text)")
      let followed = try server.front.exchange(
        HTTPRequest(
          "POST", "/subscribed", [Person.romeo.credentials, ("Content-Type", "application/json")],
          body: #"{"balcony@topics.localhost/posts":"publisher"}"#))
      #expect(followed.status == 200, "\(followed.text)")
      let cursor = try Notifications.cursor(server.front, [Person.romeo.credentials])
      let reader = try HTTPConnection(to: server.web)
      try reader.send(
        server.front.prefixed(Notifications.poll(since: cursor, [Person.romeo.credentials])))
      try Person.juliet.publish("speak again", to: "/balcony@topics.localhost/content/posts", through: server.front)
      let answer = try reader.readResponse()
      #expect(try Notifications.contents(answer) == ["speak again"])
      #expect(answer.text.contains(#""source":"balcony@topics.localhost/posts""#))
    }
  }
}
