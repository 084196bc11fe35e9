import Testing
import XMPP

@Suite("XEP-0004 forms") struct DataFormTests {
  @Test func `a form is read, and reads back as it is written`() throws {
    let form = try DataForm(
      element(
        """
        <x xmlns='jabber:x:data' type='form'><title>Bot</title><instructions>Fill in</instructions><instructions>Now\
        </instructions><field type='hidden' var='FORM_TYPE'><value>jabber:bot</value></field>\
        <field type='fixed'><value>Section</value></field><field type='text-single' label='Name' var='botname'/>\
        <field type='list-multi' label='Features' var='features'><desc>More</desc><required/><value>news</value>\
        <value>search</value><option label='News'><value>news</value></option><option><value>search</value></option></field>\
        <field type='strange' var='x'><value/></field></x>
        """))
    var features = DataForm.Field("features", type: .listMulti, label: "Features", "news", "search")
    features.explanation = "More"
    features.isRequired = true
    features.options = [.init("news", label: "News"), .init("search")]
    var expected = DataForm(
      .form, about: "jabber:bot",
      fields: [
        .init(nil, type: .fixed, "Section"), .init("botname", type: .textSingle, label: "Name"), features,
        .init("x", ""),
      ])
    expected.title = "Bot"
    expected.instructions = ["Fill in", "Now"]
    #expect(form == expected)
    #expect(try DataForm(form.element) == form)
    #expect(form.about == "jabber:bot")
    #expect(form.field("features")?.values == ["news", "search"])
    #expect(form.value("botname") == nil)
  }

  @Test func `a result of several rows, with elements in its values`() throws {
    let form = try DataForm(
      element(
        """
        <x xmlns='jabber:x:data' type='result'><reported><field var='node'/><field var='entry' type='xml'/></reported>\
        <item><field var='node'><value>n</value></field><field var='entry'><value><entry xmlns='urn:atom'>a</entry></value>\
        </field></item><item><field var='node'><value>m</value></field></item></x>
        """))
    #expect(form.reported.map(\.name) == ["node", "entry"])
    #expect(form.items.count == 2)
    #expect(form.items.first?.last?.content == [[XMLElement("entry", namespace: "urn:atom", text: "a")]])
    #expect(try DataForm(form.element) == form)
  }

  @Test func `truth is written in four ways`() {
    func isTrue(_ text: String) -> Bool? { DataForm(.submit, fields: [.init("a", text)]).isTrue("a") }
    #expect(isTrue("true") == true)
    #expect(isTrue("1") == true)
    #expect(isTrue("false") == false)
    #expect(isTrue("0") == false)
    #expect(isTrue("yes") == nil)
    #expect(DataForm(.submit).isTrue("a") == nil)
  }

  @Test(arguments: [
    "<x xmlns='urn:x' type='form'/>", "<y xmlns='jabber:x:data' type='form'/>",
    "<x xmlns='jabber:x:data' type='other'/>",
    "<x xmlns='jabber:x:data' type='submit'><field><value>a</value></field></x>",
    "<x xmlns='jabber:x:data' type='result'><item><field/></item></x>",
  ])
  func `what is no form is a bad request`(text: String) throws {
    let error = try #require(throws: StanzaError.self) { try DataForm(try element(text)) }
    #expect(error.condition == .badRequest)
  }
}
