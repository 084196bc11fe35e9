import Crypto
import CryptoExtras
import GRIP
import Testing

@Suite("GRIP §5.1 Grip-Sig")
struct SignatureTests {
  private static let secret = Array("changeme".utf8)
  private static let key = GRIPKey(secret: secret)

  /// A token from any header and claims, with a right HS256 signature.
  private static func token(
    header: String = #"{"typ":"JWT","alg":"HS256"}"#, claims: String, secret: [UInt8] = secret
  ) -> String {
    let signed = encodeBase64(Array(header.utf8), urlSafe: true) + "." + encodeBase64(Array(claims.utf8), urlSafe: true)
    let code = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: SymmetricKey(data: secret))
    return signed + "." + encodeBase64(Array(code), urlSafe: true)
  }

  @Test func `a token is byte for byte what Pushpin writes`() throws {
    let token = try GRIPSignature.sign(issuer: "pushpin", expires: 1_764_000_000, key: Self.key)
    #expect(token == Self.token(claims: #"{"exp":1764000000,"iss":"pushpin"}"#))
    #expect(token.hasPrefix("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."))
  }

  @Test func `the example of RFC 7515 A.1 verifies`() throws {
    let key = try #require(
      try GRIPKey.parse(
        "base64:AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
      ) { _ in [] })
    let token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
      + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    #expect(
      try GRIPSignature.verify(token, key: key, issuer: "joe", now: 1_300_819_379)
        == GRIPClaims(issuer: "joe", expires: 1_300_819_380))
  }

  @Test func `each kind of key verifies what it signed`() throws {
    for key in [Self.key, try GRIPKey(pem: TestKeys.pkcs8), try GRIPKey(pem: TestKeys.rsa.get().pemRepresentation)] {
      let token = try GRIPSignature.sign(issuer: "a\"é", expires: 100, key: key)
      #expect(try GRIPSignature.verify(token, key: key, now: 99) == GRIPClaims(issuer: "a\"é", expires: 100))
    }
  }

  @Test func `exp must be in the future, give or take the leeway`() throws {
    let token = Self.token(claims: #"{"exp":100}"#)
    #expect(try GRIPSignature.verify(token, key: Self.key, now: 99).issuer == nil)
    #expect(throws: GRIPSignatureError.expired) { try GRIPSignature.verify(token, key: Self.key, now: 100) }
    #expect(throws: GRIPSignatureError.expired) { try GRIPSignature.verify(token, key: Self.key, now: .max) }
    #expect(try GRIPSignature.verify(token, key: Self.key, now: 129, leeway: 30).expires == 100)
    #expect(throws: GRIPSignatureError.expired) { try GRIPSignature.verify(token, key: Self.key, now: 130, leeway: 30) }
    #expect(throws: GRIPSignatureError.expired) { try GRIPSignature.verify(token, key: Self.key, now: 100, leeway: -5) }
    #expect(try GRIPSignature.verify(token, key: Self.key, now: .min, leeway: .max).expires == 100)
  }

  @Test(arguments: [
    #"{"alg":"none","typ":"JWT"}"#, #"{"alg":"None"}"#, #"{"alg":"hs256"}"#, #"{"alg":"HS384"}"#, #"{"alg":"HS512"}"#,
    #"{"alg":"ES256"}"#, #"{"alg":"RS256"}"#, #"{"alg":""}"#,
  ])
  func `forged: another algorithm in the header, whatever the signature`(header: String) {
    let token = Self.token(header: header, claims: #"{"exp":100}"#)
    #expect(throws: GRIPSignatureError.wrongAlgorithm) { try GRIPSignature.verify(token, key: Self.key, now: 1) }
    let unsigned = token.split(separator: ".").prefix(2).joined(separator: ".") + "."
    #expect(throws: GRIPSignatureError.wrongAlgorithm) { try GRIPSignature.verify(unsigned, key: Self.key, now: 1) }
  }

  @Test(arguments: [
    "{}", #"{"alg":null}"#, #"{"alg":["HS256"]}"#, #"{"typ":"JWT"}"#, #"{"alg":"none","alg":"HS256"}"#,
    #"{"alg":"HS256","alg":"none"}"#, #"{"alg":"HS256","crit":["exp"],"exp":1}"#, #"["HS256"]"#, #""HS256""#, "",
    #"{"alg":"HS256"} x"#, #"{"alg":"HS256""#,
  ])
  func `forged: a header that is none, is ambiguous or names a critical extension`(header: String) {
    let token = Self.token(header: header, claims: #"{"exp":100}"#)
    #expect(throws: GRIPSignatureError.malformed) { try GRIPSignature.verify(token, key: Self.key, now: 1) }
  }

  @Test(arguments: [
    ("{}", GRIPSignatureError.noExpiry), (#"{"iss":"pushpin"}"#, .noExpiry), (#"{"exp":"100"}"#, .noExpiry),
    (#"{"exp":100.0}"#, .noExpiry), (#"{"exp":100.5}"#, .noExpiry), (#"{"exp":1e3}"#, .noExpiry),
    (#"{"exp":null}"#, .noExpiry),
    (#"{"exp":true}"#, .noExpiry), (#"{"exp":[100]}"#, .noExpiry), (#"{"exp":-1}"#, .noExpiry),
    (#"{"exp":1000000000000000000}"#, .noExpiry), (#"{"exp":99999999999999999999999}"#, .noExpiry),
    (#"{"EXP":100}"#, .noExpiry),
    (#"{"exp":1}"#, .expired), (#"{"exp":0}"#, .expired), (#"{"exp":1,"exp":100}"#, .malformed),
    (#"{"exp":100,"iss":"evil","iss":"pushpin"}"#, .malformed), (#"{"exp":100,"nbf":50}"#, .notYetValid),
    (#"{"exp":100,"nbf":"1"}"#, .malformed), (#"{"exp":100,"iss":7}"#, .malformed), (#"{"exp":100}"#, .wrongIssuer),
    (#"{"exp":100,"iss":"evil"}"#, .wrongIssuer), (#"{"exp":100,"iss":"pushpin "}"#, .wrongIssuer),
    (#"{"exp":100,"iss":"Pushpin"}"#, .wrongIssuer), (#"{"exp":100,"iss":["pushpin"]}"#, .malformed),
    ("[]", .malformed),
    ("", .malformed), (#"{"exp":100}{}"#, .malformed), (#"{"exp":100,"a":[[[[[[[[1]]]]]]]]}"#, .malformed),
  ])
  func `forged: claims that do not count, although the signature is right`(claims: String, error: GRIPSignatureError) {
    let token = Self.token(claims: claims)
    #expect(throws: error) { try GRIPSignature.verify(token, key: Self.key, issuer: "pushpin", now: 2) }
  }

  @Test func `forged: any changed bit of a token`() throws {
    let token = Array(try GRIPSignature.sign(issuer: "pushpin", expires: 100, key: Self.key).utf8)
    for position in token.indices {
      for bit in 0..<7 {
        var forged = token
        forged[position] ^= 1 << UInt8(bit)
        let text = String(decoding: forged, as: UTF8.self)
        #expect(throws: GRIPSignatureError.self, "\(text)") { try GRIPSignature.verify(text, key: Self.key, now: 1) }
      }
    }
  }

  @Test func `forged: parts that are missing, empty, doubled or spelled otherwise`() throws {
    let token = try GRIPSignature.sign(issuer: "pushpin", expires: 100, key: Self.key)
    let parts = token.split(separator: ".").map(String.init)
    for text in [
      "", ".", "..", "...", parts[0], "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).", ".\(parts[1]).\(parts[2])",
      "\(parts[0])..\(parts[2])", token + ".", "." + token, token + "=", token + " ", " " + token, token + "\n",
      token + "A",
      String(token.dropLast()), "Bearer " + token, token + "." + parts[2], "\(parts[1]).\(parts[0]).\(parts[2])",
      token.replacing("-", with: "+").replacing("_", with: "/") + "/", String(repeating: "A", count: 100_000),
    ] {
      #expect(throws: GRIPSignatureError.self, "\(text.prefix(100))") {
        try GRIPSignature.verify(text, key: Self.key, now: 1)
      }
    }
  }

  @Test func `forged: another secret, a truncated code, zeros`() throws {
    let signed = try GRIPSignature.sign(issuer: "a", expires: 100, key: Self.key).split(separator: ".")
    let head = signed[0] + "." + signed[1] + "."
    for code in [[], [0], [UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 64)] {
      let text = head + encodeBase64(code, urlSafe: true)
      #expect(throws: GRIPSignatureError.badSignature) { try GRIPSignature.verify(String(text), key: Self.key, now: 1) }
    }
    for secret in [[], Array("Changeme".utf8), Self.secret + [0, 1]] {
      let text = Self.token(claims: #"{"exp":100}"#, secret: secret)
      #expect(throws: GRIPSignatureError.badSignature) { try GRIPSignature.verify(text, key: Self.key, now: 1) }
      #expect(throws: GRIPSignatureError.badSignature) {
        try GRIPSignature.verify(text, key: GRIPKey(secret: []), now: 1)
      }
    }
  }

  @Test func `forged: HS256 with a public key as its secret, for both kinds of public key`() throws {
    let pems = [TestKeys.spki, try TestKeys.rsa.get().publicKey.pemRepresentation]
    for pem in pems {
      let key = try GRIPKey(pem: pem)
      for secret in [Array(pem.utf8), Array((pem + "\n").utf8)] {
        let forged = Self.token(claims: #"{"exp":100}"#, secret: secret)
        #expect(throws: GRIPSignatureError.wrongAlgorithm) { try GRIPSignature.verify(forged, key: key, now: 1) }
        let renamed = Self.token(
          header: #"{"typ":"JWT","alg":"\#(key.algorithm)"}"#, claims: #"{"exp":100}"#, secret: secret)
        #expect(throws: GRIPSignatureError.badSignature) { try GRIPSignature.verify(renamed, key: key, now: 1) }
      }
    }
  }

  @Test func `forged: ES256 and RS256 signatures of zeros, of ones, in another encoding and by another key`() throws {
    let p256 = P256.Signing.PrivateKey()
    let rsa = try TestKeys.rsa.get()
    for (key, length) in [(try GRIPKey(pem: TestKeys.pkcs8), 64), (try GRIPKey(pem: rsa.pemRepresentation), 256)] {
      let token = try GRIPSignature.sign(issuer: "a", expires: 100, key: key).split(separator: ".")
      let head = String(token[0] + "." + token[1])
      let other = try p256.signature(for: Array(head.utf8))
      let codes: [[UInt8]] = [
        [UInt8](repeating: 0, count: length), [UInt8](repeating: 255, count: length), Array(other.rawRepresentation),
        Array(other.derRepresentation), [UInt8](repeating: 0, count: length - 1), [],
        [UInt8](repeating: 0, count: 31) + [1] + [UInt8](repeating: 0, count: 31) + [1],
      ]
      for code in codes {
        #expect(throws: GRIPSignatureError.badSignature) {
          try GRIPSignature.verify(head + "." + encodeBase64(code, urlSafe: true), key: key, now: 1)
        }
      }
    }
    let pss = try rsa.signature(for: SHA256.hash(data: [1]), padding: .PSS)
    #expect(throws: GRIPSignatureError.badSignature) {
      let head = encodeBase64(Array(#"{"alg":"RS256"}"#.utf8), urlSafe: true) + ".AQ."
      return try GRIPSignature.verify(
        head + encodeBase64(Array(pss.rawRepresentation), urlSafe: true), key: GRIPKey(pem: rsa.pemRepresentation),
        now: 1)
    }
  }

  @Test func `kid, jku and x5u in a header are of no interest`() throws {
    let header = #"{"alg":"HS256","kid":"../../dev/null","jku":"http://evil/","typ":"JWT"}"#
    #expect(
      try GRIPSignature.verify(Self.token(header: header, claims: #"{"exp":100}"#), key: Self.key, now: 1).expires
        == 100)
    #expect(throws: GRIPSignatureError.badSignature) {
      try GRIPSignature.verify(
        Self.token(header: header, claims: #"{"exp":100}"#, secret: []), key: Self.key, now: 1)
    }
  }
}
