import TestKit
import Testing

extension EndToEnd {
  /// The article's last section: an outer proxy with a key and an issuer, an inner one that trusts that key, and one API
  /// that publishes to both.
  @Suite("Two proxies at once") struct TwoProxiesTests {
    static let outerKey = "the key of the realm"
    static let innerKey = "the key of the house"

    /// What stands between the outer edge and the API.
    enum Inner {
      case edge(EdgeProcess)
      case pushpin(Pushpin)

      var address: Address {
        switch self {
        case .edge(let edge): edge.address
        case .pushpin(let pushpin): pushpin.address
        }
      }

      var control: Address {
        switch self {
        case .edge(let edge): edge.control
        case .pushpin(let pushpin): pushpin.control
        }
      }

      func end() throws {
        switch self {
        case .edge(let edge): try edge.process.kill()
        case .pushpin(let pushpin): pushpin.stop()
        }
      }
    }

    @Test(arguments: ["edge", "pushpin"])
    func `both hold, both receive one post, and traffic moves without a restart`(kind: String) throws {
      let origin = try Address.free()
      let inner: Inner =
        kind == "edge"
        ? .edge(try EdgeProcess(origin: origin, key: Self.innerKey, upstreamKey: Self.outerKey))
        : .pushpin(try Pushpin(origin: origin, key: Self.innerKey, upstreamKey: Self.outerKey))
      // The outer one takes publishes only from who can sign with its key, as a cloud does.
      let outer = try EdgeProcess(
        origin: inner.address, key: Self.outerKey, issuer: "realm-1", handler: "push_in_http_jwt_key=\(Self.outerKey)")
      let anybody = try HTTPConnection.exchange(outer.control, Publish.request(Publish.stream("news", "x")))
      #expect(anybody.status == 401 || anybody.status == 403)
      let proxies =
        #"[{"key":"\#(Self.outerKey)","controlUri":"http://\#(outer.control)","controlIss":"realm-1"},"#
        + #"{"key":"\#(Self.innerKey)","controlUri":"http://\#(inner.control)"}]"#
      let server = try Standalone(apiListen: origin, options: ["--grip-proxies", proxies])
      let outside = Front(name: "outer", address: outer.address, prefix: "")
      let house = Front(name: "inner", address: inner.address, prefix: "")
      try Person.juliet.register(server.front)
      let first = try Notifications.cursor(house)

      // The same listener, now here, now there, with the cursor that the other way gave it.
      let talk = Conversation(fronts: [house, outside])
      var answer = try talk.sameHeld(Notifications.poll(since: first)) {
        try Person.juliet.publish("one post for both", through: server.front)
      }
      #expect(try Notifications.contents(answer) == ["one post for both"])
      let second = try #require(try answer.object()["last_cursor"] as? String)
      #expect(try Notifications.cursor(outside) == second)

      // What the outer one holds, it holds itself: the inner one may go.
      let poll = try HTTPConnection(to: outside.address)
      try poll.send(Notifications.poll(since: second))
      let stream = try outside.events("/notifications/posts", [("Last-Event-ID", second)])
      #expect(poll.isQuiet())
      try inner.end()
      try Person.juliet.publish("the inner one is gone", through: server.front)
      answer = try poll.readResponse()
      #expect(try Notifications.contents(answer) == ["the inner one is gone"])
      var event = try stream.next()
      while let other = event, other.name != "post" { event = try stream.next() }
      #expect(event?.data.contains("the inner one is gone") == true)
    }

    @Test func `a signature with another key is a client's, and instructions never reach it`() throws {
      let origin = try HTTPDouble { _ in
        .response(status: 200, fields: [("Grip-Hold", "stream"), ("Grip-Channel", "news")], body: "welcome\n")
      }
      let inner = try EdgeProcess(origin: origin.address, upstreamKey: Self.outerKey)
      let trusted = try EdgeProcess(origin: inner.address, key: Self.outerKey)
      let stranger = try EdgeProcess(origin: inner.address, key: "not the key of the realm")

      for (edge, holder) in [(trusted, trusted), (stranger, inner)] {
        let client = try HTTPConnection(to: edge.address)
        try client.send(HTTPRequest("GET", "/"))
        let head = try client.readHead()
        #expect(head.fields.list.allSatisfy { !$0.name.lowercased().hasPrefix("grip-") })
        #expect(try client.readChunk() == Array("welcome\n".utf8))
        try holder.publish(Publish.stream("news", #"from the holder\n"#))
        #expect(try client.readChunk() == Array("from the holder\n".utf8))
      }
      // What the origin was shown: the outer signature where it was trusted, the inner one's own otherwise.
      let signatures = origin.requests.compactMap { $0.fields["Grip-Sig"] }
      #expect(signatures.count == origin.requests.count)
    }
  }
}
