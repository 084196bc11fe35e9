import Testing
import XMPP

@Suite("RFC 6120 §11.1 restricted XML") struct XMLParsingTests {
  private func parse(_ text: String, limits: XMLLimits = XMLLimits()) throws(XMLError) -> XMLElement {
    try XMLElement.parse(Array(text.utf8), limits: limits)
  }

  @Test func `elements, attributes, namespaces and text become a tree`() throws {
    let element = try parse(
      """
      <?xml version='1.0' encoding='UTF-8'?>
      <entry xmlns='http://www.w3.org/2005/Atom' xmlns:m='urn:m' xml:lang='de' a='1' m:a='2'>x<m:b/><c xmlns=''/>y</entry>
      """)
    #expect(
      element
        == XMLElement(
          "entry", namespace: "http://www.w3.org/2005/Atom",
          attributes: ["xml:lang": "de", "a": "1", "{urn:m}a": "2"],
          children: [
            .text("x"), .element(XMLElement("b", namespace: "urn:m")), .element(XMLElement("c", namespace: "")),
            .text("y"),
          ]))
    #expect(element.text == "xy")
    #expect(element.child(named: "b") == XMLElement("b", namespace: "urn:m"))
    #expect(element.child(named: "b", namespace: "urn:other") == nil)
    #expect(element.elements.count == 2)
  }

  @Test func `the five entities, character references and CDATA are text`() throws {
    #expect(try parse("<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;<![CDATA[<b>]]></a>").text == "<>&'\"A\u{1F600}<b>")
    #expect(try parse("<a b='&lt;&#10;&quot;'/>").attributes == ["b": "<\n\""])
  }

  @Test func `a document split at every byte gives the same tree`() throws {
    let text = "<a xmlns='urn:a' x='\u{E9}&amp;'>\u{1F600}\r\n<b>&lt;t\u{FC}&gt;</b><![CDATA[x]]></a>"
    let bytes = Array(text.utf8)
    let whole = try XMLElement.parse(bytes)
    for split in 0...bytes.count {
      let parser = try XMLDocumentParser()
      try parser.feed(Array(bytes[..<split]))
      try parser.feed(Array(bytes[split...]))
      #expect(try parser.finish() == whole)
    }
    let single = try XMLDocumentParser()
    for byte in bytes { try single.feed([byte]) }
    #expect(try single.finish() == whole)
  }

  @Test(arguments: [
    "<!DOCTYPE a><a/>", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
    "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><l>&b;</l>",
    "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "<a><!-- c --></a>", "<!-- c --><a/>",
    "<a><?pi x?></a>", "<?pi x?><a/>", "<a>&nbsp;</a>", "<a>&x;</a>", "<a b='&x;'/>", "", " ", "text", "<a>", "<a></b>",
    "<a/><b/>", "<a/>text", "<a b='1' b='2'/>", "<a b=1/>", "<a b='<'/>", "<x:a/>", "<a x:b='1'/>", "<a>&#0;</a>",
    "<a>&#x1;</a>", "<a>&#xD800;</a>", "<a>\u{0}</a>", "<a>\u{1}</a>", "<a>\u{FFFF}</a>", "<a>]]></a>",
    "<a xmlns:x=''><x:b/></a>", "<a xmlns:xml='urn:x'/>", "<a xmlns:xmlns='urn:x'/>",
    "<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "<?xml version='1.0' encoding='UTF-16'?><a/>",
    "<a xmlns:x='urn:x' xmlns:y='urn:x' x:b='1' y:b='2'/>", "<a", "<a b", "<a b='", "</a>", "<1/>", "< a/>",
  ])
  func `what is not restricted XML is refused with its place`(text: String) throws {
    let error = #expect(throws: XMLError.self) { try parse(text) }
    #expect(error?.description.contains(" at line ") == true)
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80], [0xC3], [0xEF, 0xBF, 0xBF], [0xC3, 0x28],
    ] as [[UInt8]])
  func `bytes that are not UTF-8 are refused, in text, attribute and name, in one piece and in many`(
    bytes: [UInt8]
  ) throws {
    for (head, tail) in [("<a>", "</a>"), ("<a b='", "'/>"), ("<a", "/>")] {
      let document = Array(head.utf8) + bytes + Array(tail.utf8)
      #expect(throws: XMLError.self) { try XMLElement.parse(document) }
      #expect(throws: XMLError.self) {
        let parser = try XMLDocumentParser()
        for byte in document { try parser.feed([byte]) }
        _ = try parser.finish()
      }
    }
  }

  @Test func `UTF-16 is refused`() throws {
    let utf16: [UInt8] = [0xFF, 0xFE, 0x3C, 0, 0x61, 0, 0x2F, 0, 0x3E, 0]
    #expect(throws: XMLError.self) { try XMLElement.parse(utf16) }
    #expect(throws: XMLError.self) { try XMLElement.parse(Array(utf16.dropFirst(2))) }
    #expect(throws: XMLError.self) { try XMLElement.parse([0xFE, 0xFF, 0, 0x3C, 0, 0x61, 0, 0x2F, 0, 0x3E]) }
  }

  @Test func `nesting is bounded while parsing`() throws {
    let open = String(repeating: "<a>", count: 64)
    let close = String(repeating: "</a>", count: 64)
    #expect(try parse(open + close).name == "a")
    let error = #expect(throws: XMLError.self) { try parse(open + "<a/>" + close) }
    #expect(error?.description.hasPrefix("elements are nested at most 64 deep") == true)
    // Refused at the 65th tag: the rest is never read.
    let parser = try XMLDocumentParser()
    #expect(throws: XMLError.self) { try parser.feed(Array(String(repeating: "<a>", count: 50_000).utf8)) }
    #expect(throws: XMLError.self) { try parser.feed([]) }
    #expect(throws: XMLError.self) { try parser.finish() }
  }

  @Test func `bytes, attributes and elements are bounded`() throws {
    var limits = XMLLimits()
    limits.maxBytes = 40
    #expect(try parse("<a>" + String(repeating: "x", count: 33) + "</a>", limits: limits).name == "a")
    #expect(throws: XMLError.self) {
      try parse("<a>" + String(repeating: "x", count: 34) + "</a>", limits: limits)
    }
    limits = XMLLimits()
    limits.maxAttributes = 2
    #expect(try parse("<a b='1' c='2'/>", limits: limits).attributes.count == 2)
    #expect(throws: XMLError.self) { try parse("<a b='1' c='2' d='3'/>", limits: limits) }
    limits.maxElements = 3
    #expect(try parse("<a><b/><c/></a>", limits: limits).elements.count == 2)
    #expect(throws: XMLError.self) { try parse("<a><b/><c/><d/></a>", limits: limits) }
    let huge = "<a " + (0..<20_000).map { "a\($0)='x'" }.joined(separator: " ") + "/>"
    #expect(throws: XMLError.self) { try parse(huge) }
    #expect(throws: XMLError.self) { try parse("<a b='" + String(repeating: "x", count: 300_000) + "'/>") }
  }

  @Test func `a namespace can't be made to look like another's name`() throws {
    // CVE-2022-25236: the separator between namespace and name inside a namespace.
    #expect(throws: XMLError.self) { try parse("<a xmlns='urn:a\u{1}b'/>") }
    #expect(throws: XMLError.self) { try parse("<a xmlns='urn:a&#1;b'/>") }
    #expect(try parse("<a xmlns='urn:a&#10;b'/>").namespace == "urn:a\nb")
  }
}
