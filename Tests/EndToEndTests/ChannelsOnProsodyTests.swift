import TestKit
import Testing

extension EndToEnd {
  /// The channel server as a component of a real Prosody, asked by a client that others wrote.
  @Suite("buddycloud channels at Prosody, and slixmpp") struct ChannelsOnProsodyTests {
    private static let users = ["alice", "bob", "carol"]
    private static let node = "/user/alice@montague.example/posts"
    private static let register = "<query xmlns='jabber:iq:register'/>"

    private static func pubSub(_ content: String, owner: Bool = false) -> String {
      "<pubsub xmlns='http://jabber.org/protocol/pubsub\(owner ? "#owner" : "")'>\(content)</pubsub>"
    }

    private static func publish(_ content: String, reply: String = "") -> String {
      pubSub(
        """
        <publish node='\(node)'><item><entry xmlns='http://www.w3.org/2005/Atom'><content>\(content)</content>\
        \(reply)</entry></item></publish>
        """)
    }

    private static func subscribe(_ user: String) -> String {
      pubSub("<subscribe node='\(node)' jid='\(user)@montague.example'/>")
    }

    private static func affiliate(_ user: String, _ role: String) -> String {
      pubSub(
        """
        <affiliations node='\(node)'><affiliation jid='\(user)@montague.example' affiliation='\(role)'/></affiliations>
        """, owner: true)
    }

    private static let following: [ConversationStep] = [
      .asks("alice", "set", register, has: ["type=\"result\""]),
      .asks("bob", "set", register, has: ["type=\"result\""]),
      .asks("carol", "set", register, has: ["type=\"result\""]),
      .asks(
        "alice", "get", "<query xmlns='http://jabber.org/protocol/disco#info'/>",
        has: ["type=\"channels\"", "type=\"inbox\"", "jabber:iq:register"]),
      .asks("bob", "set", subscribe("bob"), has: ["subscription=\"subscribed\"", "affiliation=\"member\""]),
      .hears("alice", "subscription=\"subscribed\""),
      .asks("alice", "set", publish("hello"), has: ["<publish node=\"\(node)\"", "tag:channels.montague.example,"]),
      .hears("bob", "hello"),
      .asks(
        "bob", "get", pubSub("<items node='\(node)'/>"), has: ["hello", "acct:alice@montague.example", "<count>1<"]),
      .asks("bob", "set", publish("may I?"), has: ["type=\"error\"", "forbidden"]),
      .asks("alice", "set", affiliate("bob", "publisher"), has: ["type=\"result\""]),
      .hears("bob", "affiliation=\"publisher\""),
      .asks(
        "bob", "set",
        publish("I may", reply: "<in-reply-to xmlns='http://purl.org/syndication/thread/1.0' ref='$ID'/>"),
        has: ["<publish"]),
      .hears("alice", "I may"),
      .asks("alice", "set", pubSub("<retract node='\(node)'><item id='$ID'/></retract>"), has: ["type=\"result\""]),
      .hears("bob", "<retract id="),
    ]

    private static let closing: [ConversationStep] = [
      .asks(
        "alice", "set",
        pubSub(
          """
          <configure node='\(node)'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>\
          http://jabber.org/protocol/pubsub#node_config</value></field><field var='pubsub#access_model'><value>authorize\
          </value></field></x></configure>
          """, owner: true), has: ["type=\"result\""]),
      .hears("bob", "authorize"),
      .asks("carol", "get", pubSub("<items node='\(node)'/>"), has: ["forbidden", "closed-node"]),
      .asks("carol", "set", subscribe("carol"), has: ["subscription=\"pending\""]),
      .hears("alice", "subscribe_authorization"),
      .asks(
        "alice", "set",
        pubSub(
          """
          <subscriptions node='\(node)'><subscription jid='carol@montague.example' subscription='subscribed'/>\
          </subscriptions>
          """, owner: true), has: ["type=\"result\""]),
      .hears("carol", "subscription=\"subscribed\""),
      .asks("carol", "get", pubSub("<items node='\(node)'/>"), has: ["hello"]),
      .asks("alice", "set", affiliate("bob", "outcast"), has: ["type=\"result\""]),
      .asks("bob", "get", pubSub("<items node='\(node)'/>"), has: ["type=\"error\"", "forbidden"]),
      .asks(
        "bob", "set",
        pubSub("<retract node='\(node)'><item id='$ID'/></retract>").replacing(
          "</pubsub>", with: "<actor xmlns='http://buddycloud.org/v1'>alice@montague.example</actor></pubsub>"),
        has: ["policy-violation", "invalid-actor"]),
    ]

    @Test func `people follow, post, answer, take back, are let in and thrown out; a killed server goes on`() throws {
      try #require(Python.has("slixmpp"), "make test installs it into .venv")
      let channels = try ChannelsProcess(users: Self.users)
      let problems = try channels.play(Self.following + Self.closing, users: Self.users)
      #expect(problems == [])

      try channels.killAndRestart()
      let again: [ConversationStep] = [
        .asks("alice", "set", Self.publish("still here"), has: ["<publish"]),
        .hears("carol", "still here"),
        .asks("carol", "get", Self.pubSub("<items node='\(Self.node)'/>"), has: ["still here", "hello", "<count>2<"]),
      ]
      let problemsAfterwards = try channels.play(again, users: Self.users)
      #expect(problemsAfterwards == [])
    }

    @Test func `a wrong secret is told with what to mend, and tried again`() throws {
      let channels = try ChannelsProcess(users: [])
      let data = try TemporaryFolder()
      let process = try ChannelsProcess.launch(data, at: channels.prosody.components, secret: "something else")
      let line = process.log.firstValue(within: .seconds(60)) { line in
        line.contains("the secret is not the one that the XMPP server has") ? String(line) : nil
      }
      #expect(line?.contains("channels.montague.example") == true || line?.contains("topics.montague.example") == true)
      #expect(process.endingSoFar == nil)
      try process.stop()
    }
  }
}
