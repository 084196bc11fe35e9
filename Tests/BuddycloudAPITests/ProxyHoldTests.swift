@testable import BuddycloudAPI
import Channels
import Foundation
import GRIP
import NIOHTTP1
import Testing
import XMPP

@Suite("GET /notifications/posts behind a proxy (buddycloud-http-api.md §5.3)")
struct ProxyHoldTests {
  @Test func `a hold is the instruction of the article, byte for byte`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      try await api.post(text: "one")
      let reply = try await api.get(
        "/notifications/posts?since=cursor:1", as: "alice",
        headers: [try api.signature, ("Origin", "https://web.example.com")])
      #expect(reply.status == 200)
      #expect(
        reply.body == #"{"hold":{"mode":"response","channels":[{"name":"np-alice@example.com-json","prev-id":"1"}],"#
          + #""timeout":55},"response":{"headers":{"Access-Control-Allow-Origin":"https://web.example.com","#
          + #""Access-Control-Allow-Credentials":"true","#
          + #""Access-Control-Allow-Methods":"GET, POST, PUT, DELETE","#
          + #""Access-Control-Allow-Headers":"Authorization, Content-Type, X-Requested-With, X-Session-Id","#
          + #""Access-Control-Expose-Headers":"Location, X-Session-Id","Content-Type":"application/json"},"#
          + #""body":"{\"last_cursor\":\"1\",\"items\":[]}"}}"#)
      #expect(
        reply.meaningful == [
          "Content-Type: application/grip-instruct", "Content-Length: \(reply.body.utf8.count)",
        ])
    }
  }

  @Test func `Atom holds on the other channel, with the empty feed`() async throws {
    try await TestAPI.run { api in
      let reply = try await api.send(.GET, "/notifications/posts", headers: [try api.signature])
      let hold = reply.json["hold"]
      #expect(hold?["channels"]?[0]?["name"]?.string == "np-anonymous@example.com-atom")
      #expect(hold?["channels"]?[0]?["prev-id"]?.string == "0")
      #expect(reply.json["response"]?["body"]?.string == AtomWriter.emptyFeed)
    }
  }

  @Test func `Origin null is a star`() async throws {
    try await TestAPI.run { api in
      let reply = try await api.get("/notifications/posts", headers: [try api.signature, ("Origin", "null")])
      #expect(reply.json["response"]?["headers"]?["Access-Control-Allow-Origin"]?.string == "*")
    }
  }

  @Test func `news are answered at once, in the bytes of an answer without a proxy`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      try await api.post(text: "one")
      for accept in ["application/json", "application/atom+xml"] {
        let direct = try await api.send(
          .GET, "/notifications/posts?since=cursor:0", headers: [("Accept", accept)])
        let proxied = try await api.send(
          .GET, "/notifications/posts?since=cursor:0", headers: [("Accept", accept), try api.signature])
        #expect(direct.body == proxied.body)
        #expect(direct.meaningful == proxied.meaningful)
      }
    }
  }

  @Test func `a repeated request without a cursor goes on from Grip-Last`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      try await api.post(text: "one")
      try await api.post(text: "two")
      let reply = try await api.get(
        "/notifications/posts",
        headers: [try api.signature, ("Grip-Last", "np-anonymous@example.com-json; last-id=1")])
      #expect(reply.json["items"]?.elements.map { $0["content"]?.string } == ["two"])
    }
  }

  @Test func `a signature that does not verify counts as none, and so does Grip-Last beside it`() async throws {
    try await TestAPI.run({ $0.realtime.holdTimeout = .milliseconds(50) }) { api in
      try await api.register("alice")
      try await api.post(text: "one")
      let expired = try GRIPSignature.sign(
        issuer: TestAPI.proxyIssuer, expires: 1, key: GRIPKey(secret: TestAPI.proxyKey))
      let foreign = try GRIPSignature.sign(
        issuer: TestAPI.proxyIssuer, expires: 4_000_000_000, key: GRIPKey(secret: Array("another".utf8)))
      for token in [expired, foreign, "nonsense", ""] {
        let reply = try await api.get(
          "/notifications/posts",
          headers: [("Grip-Sig", token), ("Grip-Last", "np-anonymous@example.com-json; last-id=0")])
        #expect(reply.body == #"{"last_cursor":"1","items":[]}"#)
      }
    }
  }

  @Test func `the form of 2014 is held here, even behind a proxy, as its answer has a key more`() async throws {
    try await TestAPI.run({ $0.realtime.holdTimeout = .milliseconds(50) }) { api in
      let reply = try await api.get("/notifications/posts?since=4000000000000", headers: [try api.signature])
      #expect(reply["Content-Type"] == "application/json")
      #expect(reply.json["last"]?.string == "4000000000000")
    }
  }

  @Test func `so few of those are held that the proxy's connections are left for others`() async throws {
    try await TestAPI.run({ $0.realtime.maxProxiedHolds = 1 }) { api in
      let path = "/notifications/posts?since=4000000000000"
      let signature = try api.signature
      let polls = [
        Task { try await api.get(path, headers: [signature]) },
        // Who comes without a proxy keeps nobody else's connection.
        Task { try await api.get(path) },
      ]
      try await api.untilHeld(2)
      let reply = try await api.get(path, headers: [signature])
      #expect(reply.status == 503)
      #expect(reply.body.contains("since=cursor:N"))
      api.server.services.hub.end()
      for poll in polls { #expect(try await poll.value.status == 200) }
    }
  }

  @Test func `an event stream is held in header form, with a next link that a prefix cannot break`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice")
      try await api.post(text: "one")
      let reply = try await api.send(
        .GET, "/notifications/posts?since=cursor:0",
        headers: [("Accept", "text/event-stream"), try api.signature])
      #expect(reply["Grip-Hold"] == "stream")
      #expect(reply["Grip-Channel"] == "np-anonymous@example.com-json; prev-id=1")
      #expect(reply["Content-Type"] == "text/event-stream")
      #expect(reply["Access-Control-Allow-Origin"] == "*")
      #expect(reply["Grip-Keep-Alive"]?.contains("timeout=25") == true)
      #expect(reply.body.hasPrefix("id: 1\nevent: post\ndata: {\"id\":\""))
      #expect(reply.body.hasSuffix("\"content\":\"one\"}\n\n"))
      let link = try #require(reply["Grip-Link"])
      #expect(link.hasPrefix("<?next="))
      #expect(link.contains("rel=next"))
      #expect(link.contains("timeout=120"))
    }
  }

  @Test func `a next link gives what was missed, to a proxy only`() async throws {
    try await TestAPI.run { api in
      try await api.register("alice", "bob")
      let start = try await api.send(
        .GET, "/notifications/posts", as: "alice",
        headers: [("Accept", "text/event-stream"), try api.signature])
      #expect(start.body == "id: 0\n\n")
      let link = try #require(start["Grip-Link"]?.split(separator: ">").first?.dropFirst())
      try await api.post(text: "missed")
      let next = try await api.send(
        .GET, "/notifications/posts\(link)",
        headers: [try api.signature, ("Grip-Last", "np-alice@example.com-json; last-id=0")])
      #expect(next.body.contains("\"content\":\"missed\""))
      #expect(next["Grip-Channel"] == "np-alice@example.com-json; prev-id=1")
      let again = try await api.send(
        .GET, "/notifications/posts\(link)",
        headers: [try api.signature, ("Grip-Last", "np-alice@example.com-json; last-id=1")])
      #expect(again.body.isEmpty)
      #expect(try await api.send(.GET, "/notifications/posts\(link)").status == 403)
      let forged = try await api.send(
        .GET, "/notifications/posts\(link.replacing("?next=", with: "?next=x"))", headers: [try api.signature])
      #expect(forged.status == 403)
    }
  }

  @Test func `a stream whose time is over is not held again`() async throws {
    try await TestAPI.run { api in
      let token = NextLinkSigner(key: Array(repeating: 7, count: 32)).sign(.anonymous, expires: 1000)
      let reply = try await api.send(.GET, "/notifications/posts?next=\(token)", headers: [try api.signature])
      #expect(reply.status == 200)
      #expect(reply["Grip-Hold"] == nil)
      #expect(reply["Grip-Link"] == nil)
      #expect(reply.body.isEmpty)
    }
  }

  @Test func `more than one answer takes sends the proxy on at once`() async throws {
    try await TestAPI.run({ $0.realtime.maxEvents = 1 }) { api in
      try await api.register("alice")
      try await api.post(text: "one")
      try await api.post(text: "two")
      let reply = try await api.send(
        .GET, "/notifications/posts?since=cursor:0",
        headers: [("Accept", "text/event-stream"), try api.signature])
      #expect(reply["Grip-Hold"] == nil)
      #expect(reply["Grip-Link"]?.contains("since=cursor:1") == true)
    }
  }
}

@Suite("Names of GRIP channels")
struct GRIPChannelNameTests {
  @Test func `queues have the names that the article and the documents give them`() throws {
    let alice = try JID("alice@example.com")
    let posts = NodeID(channel: alice, name: "posts")
    let bob = try JID("bob@example.com")
    #expect(EventQueue.anonymous.gripChannelBase(domain: "example.com") == "np-anonymous@example.com")
    #expect(EventQueue.user(alice).gripChannelBase(domain: "example.com") == "np-alice@example.com")
    #expect(EventQueue.node(posts).gripChannelBase(domain: "example.com") == "np-node-alice@example.com.posts")
    #expect(
      EventQueue.member(bob, posts).gripChannelBase(domain: "example.com")
        == "np-bob@example.com-node-alice@example.com.posts")
  }

  @Test func `no two queues share a name, whatever users call themselves`() throws {
    let texts = [
      "anonymous@example.com", "alice@example.com", "node-alice@example.com", "node-alice@example.com.posts", "a@b",
      "a@b.c", "a@b-node-c", "a%61@b", "aa@b", "%61a@b", "b-node-c@d", "a@b-node-node-c", "node-a@b.c",
    ]
    let users = try texts.map { try JID($0) }
    var queues: [EventQueue] = [.anonymous] + users.map { .user($0) }
    for user in users {
      for name in ["posts", "c.d", "c/d", "c%2Fd", "d", "c@d", "posts-json"] {
        queues.append(.node(NodeID(channel: user, name: name)))
        queues += users.map { .member($0, NodeID(channel: user, name: name)) }
      }
    }
    let names = Set(queues.map { $0.gripChannelBase(domain: "example.com") })
    #expect(names.count == queues.count)
  }

  @Test func `names are short and fit for a header, whatever is in them`() throws {
    let long = try JID("\(String(repeating: "l", count: 300))@example.com")
    let odd = NodeID(channel: try JID("jürgen@example.com"), name: "a;b, c\r\nGrip-Hold: x")
    for queue in [EventQueue.user(long), .node(odd), .member(long, odd)] {
      let name = queue.gripChannelBase(domain: "example.com")
      #expect(name.utf8.count <= 200)
      #expect(name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") })
    }
  }
}

@Suite("Tokens of next links")
struct NextLinkSignerTests {
  private let signer = NextLinkSigner(key: Array(repeating: 1, count: 32))

  @Test func `every queue comes back from its token`() throws {
    let node = NodeID(channel: try JID("alice@example.com"), name: "geo/current")
    let bob = try JID("bob@example.com")
    for queue in [EventQueue.anonymous, .user(bob), .node(node), .member(bob, node)] {
      let verified = try #require(signer.verify(signer.sign(queue, expires: 42)))
      #expect(verified.queue == queue)
      #expect(verified.expires == 42)
    }
  }

  @Test func `a token that was changed anywhere, or signed by another key, is none`() throws {
    let token = signer.sign(.user(try JID("bob@example.com")), expires: 42)
    for index in token.indices {
      var changed = token
      changed.replaceSubrange(index...index, with: token[index] == "A" ? "B" : "A")
      // The last digit of base64 has bits that mean nothing.
      if changed != token, index != token.index(before: token.endIndex) {
        #expect(signer.verify(changed) == nil)
      }
    }
    #expect(NextLinkSigner(key: Array(repeating: 2, count: 32)).verify(token) == nil)
    for text in ["", ".", "a.b", "a", "....", token + "."] { #expect(signer.verify(text) == nil) }
  }
}
