import Testing

@testable import XMPP

@Suite("RFC 8264, RFC 5892, RFC 5893: characters of addresses") struct PreparationTests {
  @Test(
    arguments: [
      (0x21, .valid), (0x7E, .valid), (0x20, .freeform), (0x00, .disallowed), (0x7F, .disallowed), (0xA0, .freeform),
      (0xB7, .contextO), (0xDF, .valid), (0xE9, .valid), (0xAA, .freeform), (0x132, .freeform), (0x1C5, .freeform),
      (0x378, .unassigned), (0x375, .contextO), (0x3C2, .valid), (0x5D0, .valid), (0x5F3, .contextO),
      (0x640, .disallowed),
      (0x660, .contextO), (0x6F9, .contextO), (0x6FD, .valid), (0x7FA, .disallowed), (0xAD, .disallowed),
      (0x1100, .disallowed), (0x11A8, .disallowed), (0xAC00, .valid), (0x200B, .disallowed), (0x200C, .contextJ),
      (0x200D, .contextJ), (0x2028, .disallowed), (0x202E, .disallowed), (0x2044, .freeform), (0x20AC, .freeform),
      (0x2163, .freeform), (0x265A, .freeform), (0x3007, .valid), (0x302E, .disallowed), (0x3031, .disallowed),
      (0x30FB, .contextO), (0x4E00, .valid), (0xE000, .disallowed), (0xFB01, .freeform), (0xFE0F, .disallowed),
      (0xFEFF, .disallowed), (0xFF21, .freeform), (0xFFFD, .freeform), (0xFFFE, .disallowed), (0x10400, .valid),
      (0x1F600, .freeform), (0xE0001, .disallowed), (0x10FFFF, .disallowed),
    ] as [(UInt32, PRECISProperty)])
  func `a character has the property of the framework`(value: UInt32, property: PRECISProperty) throws {
    let scalar = try #require(Unicode.Scalar(value))
    #expect(PRECISProperty(scalar) == property, "U+\(String(value, radix: 16))")
  }

  @Test(arguments: [
    // Non-joiner: after a virama, and between letters that would join.
    ("\u{915}\u{94D}\u{200C}\u{937}", true), ("\u{628}\u{200C}\u{628}", true),
    ("\u{628}\u{64B}\u{200C}\u{64B}\u{628}", true),
    ("a\u{200C}b", false), ("\u{200C}\u{628}", false), ("\u{628}\u{200C}", false), ("\u{627}\u{200C}\u{628}", false),
    // Joiner: after a virama only.
    ("\u{915}\u{94D}\u{200D}\u{937}", true), ("\u{628}\u{200D}\u{628}", false), ("\u{200D}a", false),
    // Middle dot, keraia, geresh, katakana middle dot.
    ("l\u{B7}l", true), ("a\u{B7}l", false), ("l\u{B7}a", false), ("l\u{B7}", false), ("\u{375}\u{3B1}", true),
    ("\u{375}a", false), ("\u{3B1}\u{375}", false), ("\u{5D0}\u{5F3}", true), ("\u{5D0}\u{5F4}", true),
    ("a\u{5F3}", false),
    ("\u{5F3}", false), ("\u{30A2}\u{30FB}\u{30A2}", true), ("\u{30FB}\u{4E00}", true), ("\u{3042}\u{30FB}", true),
    ("a\u{30FB}b", false), ("\u{30FB}", false),
    // Two kinds of digits.
    ("\u{627}\u{660}\u{661}", true), ("\u{627}\u{6F0}", true), ("\u{627}\u{660}\u{6F0}", false),
  ])
  func `a character that needs its neighbours stands beside them only`(text: String, isAllowed: Bool) throws {
    let scalars = Array(text.unicodeScalars)
    #expect((ContextRules.offender(in: scalars) == nil) == isAllowed)
    #expect((AddressPreparation.opaque(text) != nil) == isAllowed)
    if !isAllowed { #expect(throws: JIDError.self) { try JID(local: text, domain: "example.com") } }
    if isAllowed { #expect(try JID(local: nil, domain: "\(text).example").domain == "\(text).example") }
  }

  @Test(arguments: [
    ("\u{5D0}\u{5D1}", true), ("\u{5D0}1", true), ("\u{5D0}-\u{5D1}", true), ("\u{5D0}\u{5B0}", true),
    ("\u{627}\u{660}", true), ("1\u{5D0}", false), ("\u{5D0}a", false), ("a\u{5D0}", false), ("\u{5D0}a\u{5D1}", false),
    ("\u{627}1\u{660}", false), ("\u{660}\u{627}", false), ("a1", true), ("\u{5D0}.", false),
  ])
  func `a text from right to left does not mix directions`(text: String, isKept: Bool) {
    #expect(BidiRule.isKept(by: Array(text.unicodeScalars)) == isKept)
    if isKept {
      #expect((try? JID(local: text, domain: "example.com")) != nil)
    } else {
      #expect(throws: JIDError.self) { try JID(local: text, domain: "example.com") }
    }
  }

  @Test func `one label from right to left asks of all labels of a domain`() throws {
    #expect(try JID("\u{5D0}.example").domain == "\u{5D0}.example")
    #expect(try JID("xn--4dbcagdahymbxekheh6e0a7fei0b.example").domain.hasSuffix(".example"))
    #expect(throws: JIDError.self) { try JID("\u{5D0}.1example.com") }
    #expect(try JID("b\u{FC}cher.1example.com").domain == "b\u{FC}cher.1example.com")
  }

  @Test func `a label has at most 63 characters in its xn-- form`() throws {
    #expect(throws: JIDError.self) { try JID(String(repeating: "\u{FC}", count: 60) + ".example") }
    #expect(try JID(String(repeating: "\u{FC}", count: 50) + ".example").domain.hasPrefix("\u{FC}"))
  }

  @Test func `a password is prepared as RFC 8265 shows`() {
    #expect(AddressPreparation.opaque("correct horse battery staple") == "correct horse battery staple")
    #expect(AddressPreparation.opaque("foo\u{1680}bar") == "foo bar")
    #expect(AddressPreparation.opaque("\u{3C0}\u{DF}\u{E5}") == "\u{3C0}\u{DF}\u{E5}")
    #expect(AddressPreparation.opaque("Jack of \u{2666}s") == "Jack of \u{2666}s")
    #expect(AddressPreparation.opaque("my cat is a \u{9}by") == nil)
  }

  @Test func `what is quickly known to be prepared is what preparation gives`() throws {
    // A letter outside of ASCII makes the long way; what it leaves of the rest is the same.
    for text in ["romeo", "a.b-c_d~1", "x!#$%()*+,;=?[]^`{|}"] {
      #expect(try AddressPreparation.local("\(text)\u{E9}") == "\(text)\u{E9}")
      #expect(try AddressPreparation.local(text) == text)
    }
    for text in ["example.com", "a-b.c1.2d"] {
      #expect(try AddressPreparation.domain(text) == text)
      #expect(try AddressPreparation.domain("\(text).") == text)
      #expect(try AddressPreparation.domain(text.uppercased()) == text)
    }
    #expect(try AddressPreparation.resource("A ~b\u{E9}") == "A ~b\u{E9}")
    #expect(try AddressPreparation.resource("A ~b") == "A ~b")
  }
}
