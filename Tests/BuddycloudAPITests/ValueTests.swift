import Channels
import Foundation
import GRIP
import HTTPTypes
import Synchronization
import Testing
import XMPP

@testable import BuddycloudAPI

@Suite("Accept (RFC 9110 §12.5.1, buddycloud-http-api.md §2.3)")
struct NegotiationTests {
  @Test(
    arguments: [
      (nil, AtomEncoding.atom), ("", .atom), ("*/*", .atom), ("application/*", .atom),
      ("application/atom+xml", .atom), ("APPLICATION/ATOM+XML", .atom), ("application/json", .json),
      ("application/json, application/atom+xml", .atom), ("application/json;q=1, application/atom+xml;q=0.1", .atom),
      ("application/json, application/atom+xml;q=0", .json), ("*/*, application/atom+xml;q=0", .json),
      ("text/html", nil), ("text/*", nil), ("application/json;q=0", nil), ("nonsense", nil), ("/,;", nil),
      ("text/html, application/json;q=0.5", .json), ("*/*;q=0", nil), ("*/*;q=0, application/json", .json),
    ] as [(String?, AtomEncoding?)])
  func `Atom comes before JSON, whatever the weights`(accept: String?, encoding: AtomEncoding?) {
    #expect(AtomEncoding.negotiate(accept: accept) == encoding)
  }
}

@Suite("Paths and queries")
struct RequestTargetTests {
  @Test(
    arguments: [
      ("/", []), ("//", []), ("/a/b", ["a", "b"]), ("//a///b//", ["a", "b"]), ("/geo%2Fcurrent", ["geo/current"]),
      ("/a%40b", ["a@b"]), ("http://host/a", ["a"]), ("http://host", []), ("/%C3%A4", ["ä"]), ("/a+b", ["a+b"]),
      ("?x", []),
    ])
  func `segments are cut, then decoded`(text: String, segments: [String]) throws {
    #expect(try RequestTarget(text, maxBytes: 100).segments == segments)
  }

  @Test func `queries are decoded, in order`() throws {
    let target = try RequestTarget("/?a=1&b=x+y%2B&c&d=&a=2&&=e=f", maxBytes: 100)
    #expect(target.parameter("a") == "1")
    #expect(target.parameter("b") == "x y+")
    #expect(target.parameter("c") == "")
    #expect(target.parameter("d") == "")
    #expect(target.parameter("") == "e=f")
    #expect(target.parameter("missing") == nil)
    #expect(target.query.count == 6)
  }

  @Test func `what is encoded comes back`() throws {
    for text in ["geo/current", "ä ö", "a%b", "x?y#z", "tag:d,/user/a@b/posts,1", "\u{1F600}"] {
      #expect(try RequestTarget("/\(RequestTarget.encode(text))", maxBytes: 1000).segments == [text])
    }
  }

  @Test func `any prefix of a target is read or refused, never a crash`() {
    let text = Array("/%C3%A4@b/content/geo%2Fcurrent?since=cursor%3A1&max=2+#x")
    for end in text.indices {
      _ = try? RequestTarget(String(text[..<end]), maxBytes: 100)
      _ = try? RequestTarget(String(text[end...]), maxBytes: 100)
    }
  }
}

@Suite("CORS (buddycloud-http-api.md §2.2, reliability: no reflected origin that is not allowed)")
struct CORSPolicyTests {
  private static let names: [HTTPField.Name] = [
    .accessControlAllowOrigin, .accessControlAllowCredentials, .accessControlAllowMethods,
    .accessControlAllowHeaders, .accessControlExposeHeaders,
  ]

  @Test func `without a list the article's five fields go to everybody`() {
    let policy = CORSPolicy(allowedOrigins: [])
    for (origin, allowed) in [
      (nil, "*"), ("https://web.example.com", "https://web.example.com"), ("null", "*"), ("not an origin", "*"),
      ("https://a, https://b", "*"), ("https://a\u{0}b", "*"), ("https://user@host", "*"), ("", "*"),
    ] as [(String?, String)] {
      let fields = policy.fields(origin: origin)
      #expect(fields.map(\.name) == Self.names)
      #expect(fields[.accessControlAllowOrigin] == allowed)
    }
  }

  @Test func `with a list other origins get nothing`() {
    let policy = CORSPolicy(allowedOrigins: ["https://web.example.com"])
    #expect(policy.fields(origin: "https://web.example.com")[.accessControlAllowOrigin] == "https://web.example.com")
    #expect(policy.fields(origin: "https://web.example.com")[.vary] == "Origin")
    for origin in ["https://evil.example", "http://web.example.com", "https://web.example.com.evil.example", "null"] {
      #expect(policy.fields(origin: origin)[.accessControlAllowOrigin] == nil)
      #expect(policy.fields(origin: origin)[.accessControlAllowCredentials] == nil)
    }
    #expect(policy.fields(origin: nil).isEmpty)
  }
}

@Suite("Rate limits")
struct RateLimiterTests {
  @Test func `a bucket empties, says when to come back, and refills evenly`() {
    let clock = ManualTime()
    let limiter = RateLimiter(count: 2, per: .seconds(60)) { clock.now }
    #expect(limiter.take("a") == nil)
    #expect(limiter.take("a") == nil)
    #expect(limiter.take("a") == .seconds(30))
    #expect(limiter.take("b") == nil)
    clock.advance(by: .seconds(30))
    #expect(limiter.take("a") == nil)
    #expect(limiter.take("a") != nil)
  }

  @Test func `a token that is given back can be taken again, and never makes more than there were`() {
    let limiter = RateLimiter(count: 2, per: .seconds(60)) { .zero }
    limiter.giveBack("a")
    for _ in 1...2 { #expect(limiter.take("a") == nil) }
    limiter.giveBack("a")
    #expect(limiter.take("a") == nil)
    for _ in 1...5 { limiter.giveBack("a") }
    for _ in 1...2 { #expect(limiter.take("a") == nil) }
    #expect(limiter.take("a") != nil)
  }

  @Test func `zero limits nothing`() {
    let limiter = RateLimiter(count: 0, per: .seconds(60)) { .zero }
    for _ in 1...1000 { #expect(limiter.take("a") == nil) }
  }

  @Test func `many keys cost a bounded amount, and cannot push out one that is in use`() {
    let clock = ManualTime()
    let limiter = RateLimiter(count: 1, per: .seconds(60), maxKeys: 10) { clock.now }
    #expect(limiter.take("in use") == nil)
    let refused = (0..<1000).filter { limiter.take("key \($0)") != nil }
    #expect(refused.count == 990)
    #expect(limiter.take("in use") != nil)
    clock.advance(by: .seconds(61))
    #expect(limiter.take("new") == nil)
  }
}

@Suite("Mentions")
struct MentionTests {
  @Test(
    arguments: [
      ("bob@example.com", true), ("hello bob@example.com!", true), ("(BOB@Example.com)", true),
      ("<bob@example.com>", true), ("bob@example.com.", true), ("bob@example.com, well", true),
      ("bob@example.company", false), ("bob@example.com.au", false), ("xbob@example.com", false),
      ("x.bob@example.com", false), ("bob@example.com-x", false), ("", false), ("bob", false),
      ("bob@example.company bob@example.com", true),
    ])
  func `an address counts only as a word of its own`(text: String, isFound: Bool) {
    #expect(Mention.isFound(of: "bob@example.com", in: text) == isFound)
  }
}

@Suite("Entries and events as documents")
struct DocumentTests {
  private let writer = AtomWriter(channelDomain: "channels.example.com")

  @Test func `an entry's JSON has the article's keys, in its order`() throws {
    #expect(
      try TestEntry.make("a \"b\"\n").json(hasSource: true).text
        == #"{"id":"e1","source":"alice@example.com/posts","author":"alice@example.com","#
        + #""published":"2013-05-13T20:17:56.537Z","updated":"2013-05-13T20:17:56.537Z","content":"a \"b\"\n"}"#)
  }

  @Test func `a title is told only where it says more than the content`() throws {
    let long = String(repeating: "x", count: 50)
    #expect(try TestEntry.make("x", title: "Own").json()["title"]?.string == "Own")
    #expect(try TestEntry.make("x", title: "x").json()["title"] == nil)
    #expect(try TestEntry.make(long, title: Entry.teaser(long)).json()["title"] == nil)
    #expect(Entry.teaser(String(repeating: "ä", count: 39)).count == 39)
    #expect(Entry.teaser(String(repeating: "ä", count: 40)) == String(repeating: "ä", count: 39) + "…")
  }

  @Test func `an entry gets a title and a name, and keeps what it came with`() throws {
    var entry = try TestEntry.make("hello")
    entry.xml.children.append(.element(XMLElement("geoloc", namespace: "urn:x", children: [.text("here")])))
    let text = writer.document(of: entry)
    #expect(text.hasPrefix("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<entry"))
    #expect(text.contains("<title>hello</title>"))
    #expect(text.contains("<author><name>alice@example.com</name></author>"))
    #expect(text.contains("here"))
  }

  @Test func `markup in a post stays text in every encoding`() throws {
    let entry = try TestEntry.make("]]></entry><iq type='set'/>&amp;<script>")
    let feed = writer.feed(of: entry.node, entries: [entry])
    let parsed = try XMLElement.parse(Array(feed.utf8))
    let entries = parsed.children.filter {
      if case .element(let child) = $0 { child.name == "entry" } else { false }
    }
    #expect(entries.count == 1)
    #expect(!feed.contains("<script>"))
    let event = ChannelEvent(sequence: 1, node: entry.node, time: entry.updated, change: .published(entry))
    #expect(event.streamText.split(separator: "\n").count == 3)
  }

  @Test func `an event with line breaks is one line of a stream`() throws {
    let entry = try TestEntry.make("a\n\nevent: x\r\ndata: y\u{2028}")
    let event = ChannelEvent(sequence: 9, node: entry.node, time: entry.updated, change: .published(entry))
    #expect(event.streamText.components(separatedBy: "\n").count == 5)
    #expect(event.streamText.hasSuffix("\n\n"))
    #expect(!event.streamText.contains("\r"))
  }

  @Test func `a decision follows the table`() throws {
    let entry = try TestEntry.make("x")
    let event = ChannelEvent(sequence: 5, node: entry.node, time: entry.updated, change: .published(entry))
    let news = EventPage(events: [event], head: 5, isReset: false)
    let nothing = EventPage(events: [], head: 5, isReset: false)
    #expect(NotificationDecision(cursor: 4, page: news) == .answer(events: [event], cursor: 5, isReset: false))
    #expect(NotificationDecision(cursor: 5, page: nothing) == .hold(at: 5))
    #expect(NotificationDecision(cursor: 9, page: nothing) == .hold(at: 5))
    #expect(NotificationDecision(cursor: nil, page: nothing) == .hold(at: 5))
    #expect(
      NotificationDecision(cursor: 1, page: EventPage(events: [], head: 5, isReset: true))
        == .answer(events: [], cursor: 5, isReset: true))
    let part = EventPage(events: [event], head: 8, isReset: false)
    #expect(NotificationDecision(cursor: 4, page: part) == .answer(events: [event], cursor: 5, isReset: false))
    #expect(!part.isComplete)
    #expect(news.isComplete)
  }
}

@Suite("Tickets of held requests")
struct HoldTicketTests {
  private func event(_ sequence: Int64) throws -> DirectEvent {
    let entry = try TestEntry.make("x")
    let event = ChannelEvent(sequence: sequence, node: entry.node, time: entry.updated, change: .published(entry))
    return DirectEvent(
      sequence: sequence, previous: sequence - 1,
      representation: EventRepresentation(event, writer: AtomWriter(channelDomain: "c")))
  }

  @Test func `what came before the wait is there at once`() async throws {
    let ticket = HoldTicket()
    ticket.deliver(try event(1))
    ticket.deliver(try event(2))
    guard case .events(let events) = await ticket.next(until: .zero) else {
      Issue.record("no events")
      return
    }
    #expect(events.map(\.sequence) == [1, 2])
  }

  @Test func `more than a few events become one gap`() async throws {
    let ticket = HoldTicket()
    for sequence in 1...100 { ticket.deliver(try event(Int64(sequence))) }
    guard case .gap = await ticket.next(until: .zero) else {
      Issue.record("no gap")
      return
    }
  }

  @Test func `a wait ends when its time is over, not before`() async throws {
    let ticket = HoldTicket()
    let (starts, start) = AsyncStream<Void>.makeStream()
    let wait = Task {
      start.finish()
      return await ticket.next(until: .seconds(5))
    }
    for await _ in starts {}
    ticket.expire(at: .seconds(4))
    ticket.deliver(try event(1))
    guard case .events = await wait.value else {
      Issue.record("the wait ended too early")
      return
    }
    let second = Task { await ticket.next(until: .seconds(5)) }
    // The wait may not have begun: it is let go until it has.
    while !ticket.isWaiting { await Task.yield() }
    ticket.expire(at: .seconds(5))
    guard case .timeout = await second.value else {
      Issue.record("the wait did not end")
      return
    }
  }

  @Test func `an ended ticket ends every wait`() async {
    let ticket = HoldTicket()
    ticket.end()
    for _ in 1...2 {
      guard case .ended = await ticket.next(until: .seconds(5)) else {
        Issue.record("not ended")
        return
      }
    }
  }
}

/// A clock that moves when it is told to.
final class ManualTime: Sendable {
  private let time = Mutex(Duration.zero)

  var now: Duration { time.withLock { $0 } }

  func advance(by duration: Duration) {
    time.withLock { $0 += duration }
  }
}
