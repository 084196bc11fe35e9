import Testing
import XMPP

@Suite("XEP-0077, XEP-0055, XEP-0049, XEP-0054, RFC 6121 accounts") struct AccountTests {
  @Test func `a registration`() throws {
    var registration = Registration(username: "bill", password: "Calliope", email: "bard@shakespeare.lit")
    #expect(try Registration(registration.element) == registration)
    #expect(registration.value("username") == "bill")
    registration.isRegistered = true
    registration.instructions = "Choose"
    registration.form = DataForm(.form, about: Registration.namespace, fields: [.init("first", "Bill")])
    #expect(try Registration(registration.element) == registration)
    #expect(registration.value("first") == "Bill")
    #expect(registration.value("username") == nil)
    var removal = Registration()
    removal.isRemoval = true
    removal.others = [XMLElement("actor", namespace: "http://buddycloud.org/v1", text: "alice@example.com")]
    #expect(try Registration(removal.element) == removal)
    for text in [
      "<query xmlns='jabber:iq:auth'/>",
      "<query xmlns='jabber:iq:register'><username>a</username><username>b</username></query>",
      "<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='?'/></query>",
    ] {
      let error = try #require(throws: StanzaError.self) { try Registration(try element(text)) }
      #expect(error.condition == .badRequest)
    }
  }

  @Test func `a search`() throws {
    var search = Search(
      form: DataForm(
        .submit, about: Search.namespace, fields: [.init("content", "coffee", "berlin"), .init("rpp", "25")]),
      instructions: "Fill in")
    search.fields = ["first": "Juliet", "email": ""]
    search.page = .init(max: 10)
    #expect(try Search(search.element) == search)
    search.page = nil
    search.bounds = ResultSet(first: "a", last: "b")
    #expect(try Search(search.element) == search)
    #expect(try Search(Search.request) == Search())
    #expect(throws: StanzaError.self) { try Search(XMLElement("query", namespace: "urn:x")) }
  }

  @Test func `private storage`() throws {
    let kept = PrivateStorage(keeping: [XMLElement("exodus", namespace: "exodus:prefs", text: "x")])
    #expect(try PrivateStorage(kept.element, isQuestion: false) == kept)
    let asked = PrivateStorage(asking: "exodus", namespace: "exodus:prefs")
    #expect(try PrivateStorage(asked.element, isQuestion: true) == asked)
    let two = PrivateStorage(keeping: [XMLElement("a", namespace: "urn:a"), XMLElement("b", namespace: "urn:b")])
    #expect(try PrivateStorage(two.element, isQuestion: false) == two)
    for (storage, isQuestion, condition) in [
      (two, true, .badRequest), (PrivateStorage(keeping: []), false, .badRequest),
      (PrivateStorage(keeping: [XMLElement("a", namespace: "jabber:iq:auth")]), false, .notAcceptable),
      (PrivateStorage(keeping: [XMLElement("a", namespace: "vcard-temp")]), false, .notAcceptable),
      (PrivateStorage(keeping: [XMLElement("a", namespace: "")]), false, .notAcceptable),
    ] as [(PrivateStorage, Bool, StanzaError.Condition)] {
      let error = #expect(throws: StanzaError.self) {
        try PrivateStorage(storage.element, isQuestion: isQuestion)
      }
      #expect(error?.condition == condition)
    }
  }

  @Test func `a card`() throws {
    var card = try VCard(
      element(
        """
        <vCard xmlns='vcard-temp'><FN>Peter</FN><N><FAMILY>Saint-Andre</FAMILY></N><EMAIL><INTERNET/><USERID>p@x</USERID>\
        </EMAIL><PHOTO><TYPE>image/png</TYPE><BINVAL>TWFu\n TWE=</BINVAL></PHOTO><FN>again</FN></vCard>
        """))
    #expect(card[.fullName] == "Peter")
    #expect(card[.role] == nil)
    #expect(card.mailAddress == "p@x")
    #expect(card.photo == .data(Array("ManMa".utf8), type: "image/png"))
    #expect(try VCard(card.element) == card)
    card[.fullName] = "P."
    #expect(card.elements.map(\.name) == ["FN", "N", "EMAIL", "PHOTO"])
    card.photo = .address("https://example.com/p.png")
    #expect(card.photo == .address("https://example.com/p.png"))
    card.photo = .data([0, 1], type: nil)
    #expect(try VCard(card.element).photo == .data([0, 1], type: nil))
    card.photo = nil
    card[.fullName] = nil
    #expect(card.elements.map(\.name) == ["N", "EMAIL"])
    #expect(try VCard(VCard().element) == VCard())
    #expect(throws: StanzaError.self) { try VCard(XMLElement("vCard", namespace: "urn:x")) }
  }

  @Test func `a roster`() throws {
    let roster = Roster(
      [
        .init(try JID("romeo@example.net"), name: "Romeo", subscription: .both, groups: ["Friends", "Enemies"]),
        .init(try JID("benvolio@example.net"), isPending: true),
      ], version: "ver7")
    #expect(try Roster(roster.element) == roster)
    for text in ["<item/>", "<item jid='@'/>", "<item jid='a' subscription='all'/>"] {
      #expect(throws: StanzaError.self) { try Roster(try element("<query xmlns='jabber:iq:roster'>\(text)</query>")) }
    }
  }

  @Test(arguments: [
    (nil, true), ("juliet@example.com", true), ("juliet@example.com/other", false), ("example.com", false),
    ("mallory@example.com", false), ("juliet@example.com.evil.example", false),
  ])
  func `only the own server changes the roster and copies messages`(from: String?, isBelieved: Bool) throws {
    let push = Stanza(
      .iq, type: "set", id: "1", from: try from.map { try JID($0) }, payload: [Roster().element])
    #expect(Roster.isOfOwnServer(push, for: try JID("juliet@example.com/balcony")) == isBelieved)
  }
}
