import Testing
import XMPP

@Suite("RFC 7622 addresses") struct JIDTests {
  @Test(arguments: [
    ("juliet@example.com", "juliet", "example.com", nil),
    ("juliet@example.com/foo", "juliet", "example.com", "foo"),
    ("juliet@example.com/foo bar", "juliet", "example.com", "foo bar"),
    ("juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar"),
    ("example.com", nil, "example.com", nil),
    ("example.com/foobar", nil, "example.com", "foobar"),
    ("a.example.com/b@example.net", nil, "a.example.com", "b@example.net"),
    ("foo\\20bar@example.com", "foo\\20bar", "example.com", nil),
    ("fussball@example.com", "fussball", "example.com", nil),
    ("fu\u{DF}ball@example.com", "fu\u{DF}ball", "example.com", nil),
    ("\u{3C0}@example.com", "\u{3C0}", "example.com", nil),
    ("\u{3A3}@example.com/foo", "\u{3C3}", "example.com", "foo"),
    ("\u{3C3}@example.com/foo", "\u{3C3}", "example.com", "foo"),
    ("\u{3C2}@example.com/foo", "\u{3C2}", "example.com", "foo"),
    ("king@example.com/\u{265A}", "king", "example.com", "\u{265A}"),
    ("Romeo@Example.COM", "romeo", "example.com", nil),
    ("romeo@example.com.", "romeo", "example.com", nil),
    ("romeo@example.com/Orchard", "romeo", "example.com", "Orchard"),
    ("\u{FF52}\u{FF2F}meo@example.com", "romeo", "example.com", nil),
    ("romeo@\u{FF45}xample\u{3002}com", "romeo", "example.com", nil),
    ("caf\u{65}\u{301}@example.com", "caf\u{E9}", "example.com", nil),
    ("romeo@b\u{FC}cher.example", "romeo", "b\u{FC}cher.example", nil),
    ("romeo@xn--bcher-kva.example", "romeo", "b\u{FC}cher.example", nil),
    ("romeo@XN--BCHER-KVA.example", "romeo", "b\u{FC}cher.example", nil),
    ("romeo@xn--fuball-cta.example", "romeo", "fu\u{DF}ball.example", nil),
    ("romeo@a--b.example", "romeo", "a--b.example", nil),
    ("romeo@[::1]", "romeo", "[::1]", nil),
    ("romeo@127.0.0.1", "romeo", "127.0.0.1", nil),
    ("romeo@localhost/a\u{A0}b", "romeo", "localhost", "a b"),
  ])
  func `an address is read and prepared`(
    text: String, local: String?, domain: String, resource: String?
  ) throws {
    let jid = try JID(text)
    #expect(jid.local.map(scalars) == local.map(scalars))
    #expect(jid.domain == domain)
    #expect(jid.resource.map(scalars) == resource.map(scalars))
    #expect(try JID(jid.description) == jid)
    #expect(JID(prepared: jid.description) == jid)
    #expect(jid.bare.resource == nil)
  }

  @Test(arguments: [
    "", "@", "@example.com", "juliet@", "/resource", "juliet@example.com/", "juliet@/foo", "\"juliet\"@example.com",
    "foo bar@example.com", "henri\u{2163}@example.com", "\u{265A}@example.com", "a&b@example.com", "it's@example.com",
    "a:b@example.com", "a<b@example.com", "a>b@example.com", "a@b@example.com", "a\u{0}b@example.com",
    "a\nb@example.com", "romeo@exa mple.com", "romeo@exa_mple.com", "romeo@.example.com", "romeo@example..com",
    "romeo@example.com..", "romeo@-example.com", "romeo@example-.com", "romeo@xn--bcher-kvA\u{FC}.example",
    "romeo@xn--.example", "romeo@xn--a.example", "romeo@xn--bcher-kv.example", "romeo@xn--99999999.example",
    "romeo@b\u{FC}--x.example", "romeo@\u{301}a.example", "romeo@\u{2603}.example", "romeo@xn--n3h.example",
    "romeo@xn--bcher-kva-.example", "romeo@xn--ls8h.example",
    "romeo@[127.0.0.1]", "romeo@[::1", "romeo@example.com/a\u{0}b", "romeo@example.com/a\u{7F}",
    "a\u{200D}b@example.com", "a\u{202E}b@example.com", "a\u{B7}b@example.com", "\u{660}\u{6F0}@example.com",
    "a\u{E000}@example.com", "romeo@example.com/\u{200B}", "romeo@exa\u{2044}mple.com", "\u{1100}@example.com",
  ])
  func `what is no address is refused with a reason`(text: String) throws {
    let error = #expect(throws: JIDError.self) { try JID(text) }
    #expect(error?.description.isEmpty == false)
  }

  @Test func `each part has at most 1023 bytes`() throws {
    let part = String(repeating: "a", count: 1023)
    #expect(try JID("\(part)@example.com/\(part)").local == part)
    #expect(throws: JIDError.self) { try JID("\(part)a@example.com") }
    #expect(throws: JIDError.self) { try JID("romeo@example.com/\(part)a") }
    #expect(throws: JIDError.self) { try JID("romeo@\(String(repeating: "a", count: 64)).example") }
    #expect(throws: JIDError.self) { try JID(String(repeating: "a.", count: 2000) + "example") }
  }

  @Test func `addresses that look alike to a server are equal values`() throws {
    #expect(try JID("ROMEO@EXAMPLE.COM") == JID(local: "romeo", domain: "example.com."))
    #expect(try JID("romeo@example.com/A") != JID("romeo@example.com/a"))
    #expect(try JID("romeo@example.com/A").bare == JID("romeo@example.com"))
  }

  private func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }
}
