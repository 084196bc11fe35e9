import Channels
import Testing
import XMPP

@Suite("Ids and keys") struct EntryIDTests {
  @Test func `the three forms of an id name the same entry`() throws {
    let node = NodeID(channel: try JID("alice@example.com"), name: "posts")
    let other = NodeID(channel: try JID("bob@example.com"), name: "posts")
    let forms = [
      "5e0a", EntryID.twoPart("5e0a", node: node), EntryID.tag("5e0a", node: node, authority: "channels.example.com"),
      "tag:null@host,/user/alice@example.com/posts,5e0a",
    ]
    #expect(forms[1] == "/user/alice@example.com/posts,5e0a")
    #expect(forms[2] == "tag:channels.example.com,/user/alice@example.com/posts,5e0a")
    for form in forms {
      #expect(EntryID.local(in: form) == "5e0a")
      #expect(EntryID.local(in: form, of: node) == "5e0a")
      #expect((EntryID.local(in: form, of: other) == nil) == form.contains(","))
    }
  }

  @Test func `a new id is a version 4 UUID of the given bytes`() {
    #expect(EntryID.make(from: Array(repeating: 0xFF, count: 16)) == "ffffffff-ffff-4fff-bfff-ffffffffffff")
    #expect(EntryID.make(from: Array(0..<16)) == "00010203-0405-4607-8809-0a0b0c0d0e0f")
    #expect(EntryID.make(from: []) == "00000000-0000-4000-8000-000000000000")
  }

  @Test func `a queue is found again by its key`() throws {
    let node = NodeID(channel: try JID("alice@example.com"), name: "geo/current")
    let user = try JID("bob@example.com")
    for queue in [EventQueue.anonymous, .node(node), .user(user), .member(user, node)] {
      #expect(EventQueue(key: queue.key) == queue)
    }
    #expect(EventQueue.member(user, node).key == "member:bob@example.com alice@example.com/geo/current")
    for key in ["", "x", "x:y", "node:alice", "member:bob", "member:bob alice"] {
      #expect(EventQueue(key: key) == nil)
    }
  }
}
