import Channels
import Testing
import XMPP

@Suite("channel-server §3 nodes and their fields") struct ConfigurationFieldTests {
  @Test func `metadata survives its fields`() throws {
    let metadata = NodeMetadata(
      title: "T <&>", description: "", accessModel: .local, defaultAffiliation: .publisher, channelType: .topic,
      creationDate: Timestamp(milliseconds: 5), creator: try JID("romeo@example.com"),
      lastUpdated: Timestamp(milliseconds: 7), isAdvertised: false, isEphemeral: true, publishModel: .members,
      others: [ConfigurationField("a", ["1", "2"]), ConfigurationField("b", [])])
    let fields = metadata.fields()
    #expect(NodeMetadata(fields: fields) == metadata)
    #expect(fields.map(\.name) == fields.map(\.name).sorted())
    #expect(ConfigurationField.decoded(ConfigurationField.encoded(fields)) == fields)
    #expect(metadata.fields(showsLocal: false).contains(ConfigurationField("pubsub#access_model", "authorize")))
    #expect(
      metadata.fields(owner: try JID("juliet@example.com")).contains(
        ConfigurationField("pubsub#owner", "juliet@example.com")))
  }

  @Test func `what another server leaves out or misspells is taken for the strictest`() {
    let metadata = NodeMetadata(fields: [ConfigurationField("pubsub#access_model", "nonsense")])
    #expect(metadata.accessModel == .whitelist)
    #expect(NodeMetadata(fields: []).accessModel == .authorize)
    #expect(ConfigurationField.decoded("<broken") == [])
    #expect(ConfigurationField.encoded([]) == nil)
  }

  @Test(arguments: [
    ("pubsub#access_model", "presence"), ("buddycloud#default_affiliation", "owner"),
    ("buddycloud#default_affiliation", "moderator"), ("buddycloud#channel_type", "x"),
    ("buddycloud#advertise_node", "yes"), ("buddycloud#ephemeral", "2"), ("pubsub#publish_model", "x"),
  ])
  func `a value that a field does not have is refused`(name: String, value: String) {
    let error = #expect(throws: ChannelError.self) {
      try NodeConfiguration(fields: [ConfigurationField(name, value)])
    }
    #expect(error?.code == .badRequest && error?.description.contains(name) == true)
    #expect(throws: ChannelError.self) { try NodeConfiguration(fields: [ConfigurationField(name, ["a", "b"])]) }
  }

  @Test func `an empty value asks for the default, and what is the server's is passed over`() throws {
    let changes = try NodeConfiguration(fields: [
      ConfigurationField("pubsub#title", ""), ConfigurationField("pubsub#access_model", []),
      ConfigurationField("pubsub#creation_date", "x"), ConfigurationField("pubsub#owner", "x"),
      ConfigurationField("buddycloud#advertise_node", "0"), ConfigurationField("x", "1"), ConfigurationField("x", "2"),
    ])
    #expect(changes.resets == [.title, .accessModel])
    #expect(changes.isAdvertised == false)
    #expect(changes.others == [ConfigurationField("x", "2")])
  }

  @Test(arguments: [
    ("/user/alice@example.com/posts", "alice@example.com/posts"),
    ("/user/Alice@EXAMPLE.com/geo/current", "alice@example.com/geo/current"),
    ("/user/alice@example.com/geoloc-past", "alice@example.com/geo/previous"),
    ("/user/alice@example.com/geoloc", "alice@example.com/geo/current"),
    ("/user/alice@example.com/geoloc-future", "alice@example.com/geo/next"),
    ("/user/alice@example.com/geo/future", "alice@example.com/geo/next"),
    ("/user/alice@example.com/mood", "alice@example.com/status"),
  ])
  func `a node is read by its name, also by an older one`(text: String, path: String) throws {
    #expect(try NodeID(text).path == path)
  }

  @Test(arguments: [
    "user/alice@example.com/posts", "/user/alice@example.com", "/user/alice@example.com/", "/user/@/posts",
    "/channel/alice@example.com/posts", "/user/example.com/x@y", "//alice@example.com/posts",
  ])
  func `what is no node is refused as such`(text: String) {
    let error = #expect(throws: ChannelError.self) { try NodeID(text) }
    #expect(error?.code == .badRequest && error?.application == .invalidNodeFormat)
  }

  @Test func `the firehose is a node without a channel, and others of that kind are not known`() throws {
    #expect(try NodeID("/firehose") == .firehose)
    #expect(NodeID.firehose.description == "/firehose")
    let error = #expect(throws: ChannelError.self) { try NodeID("/something") }
    #expect(error?.code == .featureNotImplemented)
    for queue in [EventQueue.notices(JID(prepared: "a@b")), .remote(domain: "b"), .control, .node(.firehose)] {
      #expect(EventQueue(key: queue.key) == queue)
    }
  }

  @Test(arguments: [
    (ChannelEvent.Change.retracted(id: "1"), "retracted"), (.nodeDeleted, "deleted"),
    (.accessReduced(user: nil), "access"),
    (.accessReduced(user: JID(prepared: "a@b")), "access"),
    (.subscriptionChanged(user: JID(prepared: "a@b"), .invited, invitedBy: JID(prepared: "c@d")), "subscription"),
    (.subscriptionChanged(user: JID(prepared: "a@b"), .none, invitedBy: nil), "subscription"),
    (.affiliationChanged(user: JID(prepared: "a@b"), .outcast), "affiliation"),
    (.configured(NodeMetadata(fields: [ConfigurationField("x", "y")])), "configured"),
  ])
  func `a change survives its columns`(change: ChannelEvent.Change, kind: String) {
    let stored = StoredChange(change)
    #expect(stored.kind == kind)
    #expect(stored.withoutEntry == change)
  }

  private func sanitised(_ inner: String) throws -> String {
    let text = "<entry xmlns='\(Namespaces.atom)'><content type='xhtml'>\(inner)</content></entry>"
    let draft = try EntryDraft(
      XMLElement.parse(Array(text.utf8)), for: NodeID(channel: JID(prepared: "a@b"), name: "posts"),
      limits: EntryLimits())
    return try #require(draft.xml.child(named: "content")).elements.map { $0.serialized() }.joined()
  }

  @Test(arguments: [
    ("<p onclick='x()' style='y' class='z'>hi <em>you</em></p>", "<p>hi <em>you</em></p>"),
    ("<p>a<script>alert(1)</script>b<style>x</style></p>", "<p>ab</p>"),
    ("<p><blink>kept</blink><iframe src='x'>gone</iframe></p>", "<p>kept</p>"),
    ("<p><a href='https://x.example/' onmouseover='y'>l</a></p>", "<p><a href=\"https://x.example/\">l</a></p>"),
    ("<p><a href='javascript:alert(1)'>l</a><a href='JAVASCRIPT:x'>m</a></p>", "<p><a>l</a><a>m</a></p>"),
    ("<p><a href=' javascript:x'>l</a><a href='data:text/html,x'>m</a></p>", "<p><a>l</a><a>m</a></p>"),
    ("<p><a href='https://x y'>l</a><img src='x.png' alt='A'/></p>", "<p><a>l</a><img alt=\"A\"/></p>"),
    ("<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>", ""),
  ])
  func `XHTML loses what could act`(inner: String, expected: String) throws {
    let input = inner.contains("xmlns") ? inner : inner.replacingFirst("<p", with: "<p xmlns='\(Namespaces.xhtml)'")
    let output = expected.replacingFirst("<p", with: "<p xmlns=\"\(Namespaces.xhtml)\"")
    #expect(try sanitised(input) == output)
  }
}

extension String {
  /// The text with the first occurrence of another replaced.
  fileprivate func replacingFirst(_ old: String, with new: String) -> String {
    guard let range = firstRange(of: old) else { return self }
    return replacingCharacters(in: range, with: new)
  }

  private func replacingCharacters(in range: Range<String.Index>, with new: String) -> String {
    self[..<range.lowerBound] + new + self[range.upperBound...]
  }
}
