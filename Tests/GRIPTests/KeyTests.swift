import Crypto
import CryptoExtras
import GRIP
import Testing

/// Keys that exist only here.
enum TestKeys {
  static let sec1 = """
    -----BEGIN EC PRIVATE KEY-----
    MHcCAQEEIGmv4RRtkuxDRUaewL2gY26tQjTXMLenRSKgolvNEEpuoAoGCCqGSM49
    AwEHoUQDQgAEwh6Fa+VUuhCLgWj1yyvvBTRld4IgvqFhvpisMaRduOBFYrZhgD8J
    OkqTMpr34BDyHuIbttrMLmy3oSKdxnESVQ==
    -----END EC PRIVATE KEY-----
    """
  static let pkcs8 = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgaa/hFG2S7ENFRp7A
    vaBjbq1CNNcwt6dFIqCiW80QSm6hRANCAATCHoVr5VS6EIuBaPXLK+8FNGV3giC+
    oWG+mKwxpF244EVitmGAPwk6SpMymvfgEPIe4hu22swubLehIp3GcRJV
    -----END PRIVATE KEY-----
    """
  static let spki = """
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwh6Fa+VUuhCLgWj1yyvvBTRld4Ig
    vqFhvpisMaRduOBFYrZhgD8JOkqTMpr34BDyHuIbttrMLmy3oSKdxnESVQ==
    -----END PUBLIC KEY-----
    """
  static let p384 = """
    -----BEGIN EC PRIVATE KEY-----
    MIGkAgEBBDDWpS4+8/8rSu3iipk2ZfjDopV23b+ha/EIIYbzOvtzfjA2BgfoB1Vf
    MHeh0UMzhSGgBwYFK4EEACKhZANiAAQAQDsoesQe/vbSmhiCICpMxFPtO9vJL+mH
    rsVJdL8TQVx5qcdTLjYuPOObBj8NvaZ9uNXHtnQ43vrUijal82ntgSNs9QN+LaBm
    hJd5/BtJiydv4yLZeRxXrFb3AhWs+9M=
    -----END EC PRIVATE KEY-----
    """
  /// One RSA key for all tests: making one takes a while.
  static let rsa = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }
}

@Suite("GRIP §5.2 keys")
struct KeyTests {
  private struct NoFile: Error {}

  private static func parse(_ text: String, file: String? = nil) throws -> GRIPKey? {
    try GRIPKey.parse(text) { path in
      guard path == "keys/a.pem", let file else { throw NoFile() }
      return Array(file.utf8)
    }
  }

  /// Whether two keys make and accept each other's tokens.
  private static func match(_ one: GRIPKey, _ other: GRIPKey) -> Bool {
    let signer = one.canSign ? one : other
    guard let token = try? GRIPSignature.sign(issuer: "a", expires: 10, key: signer) else { return false }
    return [one, other].allSatisfy { (try? GRIPSignature.verify(token, key: $0, now: 9)) != nil }
  }

  @Test func `secrets come as text, base64 and hexadecimal digits in a file`() throws {
    let secret = GRIPKey(secret: [0xFB, 0xFF, 0xFE])
    for text in ["base64:+//+", "base64:-__-", "base64: // "] {
      #expect(Self.match(try #require(try Self.parse(text)), secret), "\(text)")
    }
    #expect(Self.match(try #require(try Self.parse("file:keys/a.pem", file: " fbFFfe\r\n")), secret))
    #expect(Self.match(try #require(try Self.parse("changeme")), GRIPKey(secret: Array("changeme".utf8))))
    #expect(try Self.parse("") == nil)
    #expect(!Self.match(GRIPKey(secret: [1]), secret))
  }

  @Test func `a P-256 key comes as PKCS 8, SEC 1 and SPKI, in a file, as text and as base64`() throws {
    let key = try GRIPKey(pem: TestKeys.pkcs8)
    #expect(key.algorithm == "ES256")
    #expect(key.canSign)
    #expect(Self.match(try GRIPKey(pem: "\n  " + TestKeys.sec1), key))
    let withParameters =
      "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + TestKeys.sec1
    #expect(Self.match(try GRIPKey(pem: withParameters), key))
    let publicKey = try GRIPKey(pem: TestKeys.spki)
    #expect(!publicKey.canSign)
    #expect(Self.match(publicKey, key))
    #expect(Self.match(try #require(try Self.parse("file:keys/a.pem", file: "\n" + TestKeys.spki)), key))
    #expect(Self.match(try #require(try Self.parse(TestKeys.spki)), key))
    let base64 = TestKeys.spki.utf8.map { $0 }
    #expect(try Self.parse("base64:" + encodeBase64(base64))?.algorithm == "ES256")
  }

  @Test func `an RSA key comes as PKCS 1, PKCS 8 and SPKI`() throws {
    let rsa = try TestKeys.rsa.get()
    let key = try GRIPKey(pem: rsa.pemRepresentation)
    #expect(key.algorithm == "RS256")
    #expect(Self.match(try GRIPKey(pem: rsa.pkcs8PEMRepresentation), key))
    #expect(Self.match(try GRIPKey(pem: rsa.publicKey.pemRepresentation), key))
    #expect(Self.match(try GRIPKey(pem: rsa.publicKey.pkcs1PEMRepresentation), key))
  }

  @Test func `what is no key is refused with words`() {
    let wrong: [(String, String?, String)] = [
      ("base64:", nil, "is empty"), ("base64:!", nil, "is not base64"), ("base64:A", nil, "is not base64"),
      ("file:missing", nil, "cannot be read"), ("file:keys/a.pem", "", "PEM or an even number"),
      ("file:keys/a.pem", "abc", "PEM or an even number"), ("file:keys/a.pem", "secret", "PEM or an even number"),
      ("file:keys/a.pem", "-----BEGIN X-----", "holds no P-256 key"),
      ("file:keys/a.pem", TestKeys.p384, "holds no P-256 key"),
      ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", nil, "holds no P-256 key"),
    ]
    for (text, file, words) in wrong {
      let error = #expect(throws: GRIPDecodingError.self, "\(text)") { try Self.parse(text, file: file) }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
  }

  @Test func `a key never shows itself`() throws {
    let endpoint = try #require(
      try GRIPEndpoint.parse(gripURL: "http://u:geheim@h?iss=i&key=geheim&verify-key=geheim").first)
    let basic = GRIPEndpoint(controlURI: "http://h", authentication: .basic(user: "u", password: "geheim"))
    let bearer = GRIPEndpoint(controlURI: "http://h", authentication: .bearer(token: "geheim"))
    for value in [
      GRIPKey(secret: Array("geheim".utf8)) as Any, endpoint, basic, bearer, [endpoint], bearer.authentication,
    ] {
      var dumped = ""
      dump(value, to: &dumped)
      for text in ["\(value)", String(reflecting: value), dumped] {
        #expect(!text.contains("geheim") && !text.contains("103"), "\(text)")
      }
    }
    #expect("\(GRIPKey(secret: [1]))" == "GRIPKey(HS256)")
  }

  @Test func `a public key and an empty secret sign nothing`() throws {
    let publicKey = try GRIPKey(pem: TestKeys.spki)
    for key in [publicKey, GRIPKey(secret: [])] {
      #expect(throws: GRIPEncodingError.self) { try GRIPSignature.sign(issuer: "a", expires: 1, key: key) }
    }
  }
}

/// Base64 by a second hand: what the library itself does not check.
func encodeBase64(_ bytes: [UInt8], urlSafe: Bool = false) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + (urlSafe ? "-_" : "+/"))
  var text = ""
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
    for digit in 0...group.count { text.append(alphabet[bits >> (18 - 6 * digit) & 63]) }
    if !urlSafe { text += String(repeating: "=", count: 3 - group.count) }
  }
  return text
}
