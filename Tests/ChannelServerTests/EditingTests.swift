import ChannelServer
import Channels
import Testing
import XMPP

@Suite("Editing and taking back") struct EditingTests {
  private let test: TestServer

  init() async throws {
    test = try TestServer()
    try await test.register("romeo", "juliet")
  }

  @Test func `an entry published under an id that is there is changed in its place`() async throws {
    let romeo = try test.session("romeo")
    let first = try await romeo.publish(post("first nightingale"), to: posts("romeo"))
    test.clock.advance(by: .seconds(5))
    let second = try await romeo.publish(post("second"), to: posts("romeo"))
    test.clock.advance(by: .seconds(5))
    for id in [first.id, first.timelineID, "tag:channels.example.com,\(first.timelineID)"] {
      let edited = try await romeo.publish(post("edited lark"), to: posts("romeo"), id: id)
      #expect(edited.id == first.id && edited.published == first.published && edited.updated == test.clock.now)
      #expect(edited.content == "edited lark")
    }
    let entries = try await romeo.entries(of: posts("romeo"), page: PageRequest())
    #expect(entries.map(\.id) == [second.id, first.id])
    #expect(entries.last?.xml.child(named: "updated")?.text == test.clock.now.description)
    #expect(try await test.events(.anonymous).count == 5)
    #expect(try await romeo.searchEntries("lark", max: 5, offset: 0).count == 1)
    #expect(try await romeo.searchEntries("nightingale", max: 5, offset: 0).count == 0)
  }

  @Test func `an id that nothing has is not kept`() async throws {
    let entry = try await test.session("romeo").publish(post("x"), to: posts("romeo"), id: "mine")
    #expect(entry.id != "mine")
  }

  @Test func `an edit answers what the entry answered, and is none of a tombstone or a rating`() async throws {
    let romeo = try test.session("romeo")
    let root = try await romeo.publish(post("root"), to: posts("romeo"))
    let reply = try await romeo.publish(post("reply", replyTo: root.id), to: posts("romeo"))
    for (xml, id) in [(post("x"), reply.id), (post("x", replyTo: root.id), root.id)] {
      #expect(await refusal { try await romeo.publish(xml, to: posts("romeo"), id: id) } == .notAcceptable)
    }
    _ = try await romeo.publish(post("better", replyTo: root.id), to: posts("romeo"), id: reply.id)
    let rating = try await romeo.publish(Self.rating(5, of: root.id), to: posts("romeo"))
    #expect(
      await refusal { try await romeo.publish(Self.rating(1, of: root.id), to: posts("romeo"), id: rating.id) }
        == .notAcceptable)
    try await romeo.retract(reply.id, from: posts("romeo"))
    #expect(
      await refusal { try await romeo.publish(post("x", replyTo: root.id), to: posts("romeo"), id: reply.id) }
        == .notAcceptable)
  }

  static func rating(_ value: Int, of id: String) -> XMLElement {
    var xml = post("whatever", title: "whatever", replyTo: id)
    let target = XMLElement("id", namespace: Namespaces.atom, text: id)
    xml.children += [
      .element(XMLElement("target", namespace: Namespaces.activity, children: [.element(target)])),
      .element(XMLElement("rating", namespace: Namespaces.review, text: "\(value)")),
    ]
    return xml
  }

  @Test func `a rating says itself what it is`() async throws {
    let romeo = try test.session("romeo")
    let root = try await romeo.publish(post("root"), to: posts("romeo"))
    let rating = try await romeo.publish(Self.rating(4, of: root.id), to: posts("romeo"))
    #expect(rating.title == "Rating" && rating.content == "rating:4.0")
    #expect(rating.xml.child(named: "rating")?.text == "4.0")
    #expect(rating.xml.child(named: "verb")?.text == "rated")
    #expect(rating.xml.elements.filter { $0.name == "content" }.count == 1)
  }

  @Test func `what was taken back is known as such to who asks for it, in its place`() async throws {
    let romeo = try test.session("romeo")
    var ids: [String] = []
    for number in 0..<6 {
      test.clock.advance(by: .seconds(1))
      ids.append(try await romeo.publish(post("\(number)"), to: posts("romeo")).id)
    }
    test.clock.advance(by: .seconds(1))
    try await romeo.retract([ids[1], ids[4]], from: posts("romeo"))
    let plain = try await romeo.items(of: posts("romeo"), ItemQuery())
    #expect(plain.items.map(\.id) == [ids[5], ids[3], ids[2], ids[0]])
    #expect(plain.count == 4)
    let all = try await romeo.items(of: posts("romeo"), ItemQuery(includesTombstones: true))
    #expect(all.items.map(\.id) == [ids[4], ids[1], ids[5], ids[3], ids[2], ids[0]])
    #expect(all.count == 6)
    #expect(
      all.items.first
        == .tombstone(
          Tombstone(
            id: ids[4], node: try posts("romeo"),
            published: Timestamp(milliseconds: test.clock.now.milliseconds - 2000), deleted: test.clock.now,
            inReplyTo: nil)))
    // Every page size gives the same list, in both directions.
    for size in 1...7 {
      var forward: [String] = []
      while true {
        let query = ItemQuery(page: PageRequest(max: size, after: forward.last), includesTombstones: true)
        let page = try await romeo.items(of: posts("romeo"), query).items
        if page.isEmpty { break }
        forward += page.map(\.id)
      }
      #expect(forward == all.items.map(\.id))
      var backward: [String] = []
      var marker = ids[0]
      while true {
        let query = ItemQuery(page: PageRequest(max: size, before: marker), includesTombstones: true)
        let page = try await romeo.items(of: posts("romeo"), query).items
        guard let first = page.first else { break }
        backward = page.map(\.id) + backward
        marker = first.id
      }
      #expect(backward + [ids[0]] == all.items.map(\.id))
    }
    let age = ChannelServerConfiguration().retention.tombstoneAge
    test.clock.advance(by: age + .seconds(1))
    _ = try await test.server.removeOldEvents()
    #expect(try await romeo.items(of: posts("romeo"), ItemQuery(includesTombstones: true)).count == 4)
  }

  @Test func `several items are taken back together or not at all`() async throws {
    let romeo = try test.session("romeo")
    let root = try await romeo.publish(post("root"), to: posts("romeo"))
    let reply = try await romeo.publish(post("reply", replyTo: root.id), to: posts("romeo"))
    #expect(await refusal { try await romeo.retract([root.id, "nothing"], from: posts("romeo")) } == .itemNotFound)
    #expect(try await romeo.entries(of: posts("romeo"), page: PageRequest()).count == 2)
    // The reply goes with its root; that it was named too is no error.
    try await romeo.retract([root.id, reply.id], from: posts("romeo"))
    #expect(try await test.events(.anonymous).compactMap(\.retracted).count == 4)
    #expect(await refusal { try await romeo.retract([root.id, reply.id], from: posts("romeo")) } == .itemNotFound)
    for (ids, condition) in [
      ([], ApplicationCondition.itemRequired), ([""], .itemRequired), (["a,b"], .globalIDError),
      (["tag:x,nonsense,b"], .globalIDError),
    ] {
      let error = await #expect(throws: ChannelError.self) { try await romeo.retract(ids, from: posts("romeo")) }
      #expect(error?.application == condition && error?.code == .badRequest)
    }
    #expect(
      await refusal { try await romeo.retract(Array(repeating: "x", count: 101), from: posts("romeo")) }
        == .policyViolation)
  }

  @Test func `posts and status hold Atom only, other nodes any element`() async throws {
    let romeo = try test.session("romeo")
    let place = XMLElement(
      "geoloc", namespace: Namespaces.geolocation,
      children: [.element(XMLElement("text", namespace: Namespaces.geolocation, text: "Verona"))])
    for name in ["posts", "status"] {
      let error = await #expect(throws: ChannelError.self) {
        try await romeo.publish(place, to: node("romeo", name), id: nil)
      }
      #expect(error?.application == .entryElementRequired)
    }
    let entry = try await romeo.publish(place, to: node("romeo", "geo/current"), id: nil)
    #expect(try await romeo.entry(entry.id, of: node("romeo", "geo/current")).xml == place)
  }
}
