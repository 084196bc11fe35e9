import Testing
import XMPPTransport

@Suite("RFC 1035 and RFC 3492: domain names")
struct DomainNameTests {
  @Test(arguments: [
    ("montague.example", "montague.example"), ("Montague.EXAMPLE.", "montague.example"),
    ("_xmpp-client._tcp.a.example", "_xmpp-client._tcp.a.example"),
    ("bücher.example", "xn--bcher-kva.example"), ("BÜCHER.example", "xn--bcher-kva.example"),
    // RFC 3492 §7.1 (A), (B), (L) and the mixed ones.
    ("ليهمابتكلموشعربي؟", "xn--egbpdaj6bu4bxfgehfvwxn"), ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
    ("3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"), ("パフィーdeルンバ", "xn--de-jg4avhby1noc0d"),
    ("faß.example", "xn--fa-hia.example"), ("münchen-ost.example", "xn--mnchen-ost-9db.example"),
  ])
  func `a name is written as DNS and certificates write it`(text: String, ascii: String) {
    #expect(DomainName(text)?.description == ascii)
  }

  @Test(arguments: [
    "", ".", "a..b", "a b", "a/b", String(repeating: "a", count: 64), "x..y",
    String(repeating: "abcdefgh.", count: 30), String(repeating: "ü", count: 80),
  ])
  func `what can be no name is none`(text: String) {
    #expect(DomainName(text) == nil)
  }
}
