import Testing
import XMPP

@Suite("XML as text") struct XMLSerializingTests {
  @Test func `special characters are escaped once`() throws {
    let element = XMLElement(
      "a", namespace: "", attributes: ["b": "<>&\"'\n\t\r"], text: "]]></a><iq type='set'/>&amp;\r\n\t\"")
    #expect(
      element.serialized()
        == "<a b=\"&lt;&gt;&amp;&quot;'&#10;&#9;&#13;\">]]&gt;&lt;/a&gt;&lt;iq type='set'/&gt;&amp;amp;&#13;\n\t\"</a>")
    #expect(try XMLElement.parse(Array(element.serialized().utf8)) == element)
  }

  @Test func `a namespace is declared where it changes`() throws {
    let element = XMLElement(
      "a", namespace: "urn:a",
      children: [
        .element(XMLElement("b", namespace: "urn:a")),
        .element(XMLElement("c", namespace: "urn:c", children: [.element(XMLElement("d", namespace: "urn:a"))])),
        .element(XMLElement("e", namespace: "")),
      ])
    #expect(
      element.serialized()
        == "<a xmlns=\"urn:a\"><b/><c xmlns=\"urn:c\"><d xmlns=\"urn:a\"/></c><e xmlns=\"\"/></a>")
  }

  @Test func `attributes of other namespaces and of xml keep them`() throws {
    let element = XMLElement(
      "a", namespace: "urn:a", attributes: ["xml:lang": "de", "{urn:b}x": "1", "{urn:c}x": "2", "x": "3"])
    let text = element.serialized()
    #expect(
      text
        == "<a xmlns=\"urn:a\" x=\"3\" xml:lang=\"de\" xmlns:ns1=\"urn:b\" ns1:x=\"1\" xmlns:ns2=\"urn:c\" ns2:x=\"2\"/>"
    )
    #expect(try XMLElement.parse(Array(text.utf8)) == element)
  }

  @Test func `characters that XML can't carry are replaced`() throws {
    let text = XMLElement("a", namespace: "", text: "x\u{0}\u{1B}\u{FFFE}y").serialized()
    #expect(text == "<a>x\u{FFFD}\u{FFFD}\u{FFFD}y</a>")
    #expect(try XMLElement.parse(Array(text.utf8)).text == "x\u{FFFD}\u{FFFD}\u{FFFD}y")
  }

  @Test func `what is written reads back the same, for a thousand generated trees`() throws {
    var generator = SeededGenerator(seed: 20_261_124)
    for _ in 0..<1000 {
      let element = Self.element(depth: 4, using: &generator)
      let bytes = Array(element.serialized().utf8)
      #expect(try XMLElement.parse(bytes) == element, "seed \(generator.seed)")
    }
  }

  private static func element(depth: Int, using generator: inout SeededGenerator) -> XMLElement {
    var element = XMLElement(
      ["a", "b-c", "\u{E9}t\u{E9}"].randomElement(using: &generator) ?? "a",
      namespace: ["", "urn:a", "urn:b?<&>\""].randomElement(using: &generator) ?? "")
    for key in ["x", "xml:lang", "{urn:a}x", "{urn:b?<&>\"}y"] where Bool.random(using: &generator) {
      element.attributes[key] = text(using: &generator)
    }
    for _ in 0..<Int.random(in: 0...3, using: &generator) where depth > 0 {
      // Two texts in a row would read back as one.
      if case .text = element.children.last {
        element.children.append(.element(Self.element(depth: depth - 1, using: &generator)))
      } else {
        element.children.append(
          Bool.random(using: &generator)
            ? .element(Self.element(depth: depth - 1, using: &generator)) : .text("t" + text(using: &generator)))
      }
    }
    return element
  }

  private static func text(using generator: inout SeededGenerator) -> String {
    let pieces = ["<", ">", "&", "\"", "'", "\n", "\r", "\t", " ", "]]>", "\u{1F600}", "e\u{301}", "&amp;", "a"]
    return (0..<Int.random(in: 0...6, using: &generator))
      .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
  }
}

/// SplitMix64, so that a failure can be had again.
struct SeededGenerator: RandomNumberGenerator {
  let seed: UInt64
  private var state: UInt64

  init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
