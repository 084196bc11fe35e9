import GRIP
import Testing

@Suite("Endpoints: GRIP_URL and gripProxies")
struct EndpointTests {
  /// An endpoint as text, with what its keys sign in place of keys.
  private static func describe(_ endpoint: GRIPEndpoint) throws -> String {
    let authentication: String
    switch endpoint.authentication {
    case .none: authentication = "none"
    case .basic(let user, let password): authentication = "basic \(user):\(password)"
    case .bearer(let token): authentication = "bearer \(token)"
    case .jwt(let issuer, let key): authentication = "jwt \(issuer) \(try secret(key))"
    }
    let verify = try endpoint.verifyKey.map(secret) ?? "-"
    return "\(endpoint.controlURI) \(authentication) verify \(verify) \(endpoint.verifyIssuer ?? "-")"
  }

  /// Which of the secrets in these tests the key is.
  private static func secret(_ key: GRIPKey) throws -> String {
    let token = try GRIPSignature.sign(issuer: "", expires: 2, key: key)
    let names = ["changeme", "other", "a b", "a+b", "a&b=c,d"]
    for name in names where (try? GRIPSignature.verify(token, key: GRIPKey(secret: Array(name.utf8)), now: 1)) != nil {
      return name
    }
    for bytes: [UInt8] in [[0xFB, 0xFF, 0xFE]]
    where (try? GRIPSignature.verify(token, key: GRIPKey(secret: bytes), now: 1)) != nil {
      return "fbfffe"
    }
    return "?"
  }

  @Test(arguments: [
    ("http://localhost:5561", ["http://localhost:5561 none verify - -"]),
    ("http://localhost:5561/", ["http://localhost:5561 none verify - -"]),
    ("https://h/service/x//?iss=me&key=changeme", ["https://h/service/x jwt me changeme verify changeme -"]),
    (
      "http://h?iss=me&key=changeme&verify-iss=fastly:1&verify-key=other",
      ["http://h jwt me changeme verify other fastly:1"]
    ), ("http://h?key=changeme", ["http://h bearer changeme verify changeme -"]),
    ("http://h?key=a+b&verify-key=other", ["http://h bearer a b verify other -"]),
    ("http://h?verify-key=changeme", ["http://h none verify changeme -"]),
    ("http://u:p%40x+y@h/p", ["http://h/p basic u:p@x+y verify - -"]), ("http://u@h", ["http://h basic u: verify - -"]),
    ("http://u:a:b@h", ["http://h basic u:a:b verify - -"]),
    ("http://h/?a=1&iss=me&key=changeme&b", ["http://h?a=1&b jwt me changeme verify changeme -"]),
    ("http://h?iss=m%C3%A9&key=base64:%2B%2F%2F%2B", ["http://h jwt mé fbfffe verify fbfffe -"]),
    ("http://h?iss=me&key=base64:+//+", ["http://h jwt me fbfffe verify fbfffe -"]),
    ("http://h?iss=me&key=base64%3A-__-", ["http://h jwt me fbfffe verify fbfffe -"]),
    ("http://h?iss=me&key=base64: //%20", ["http://h jwt me fbfffe verify fbfffe -"]),
    ("http://h?iss=me&key=a%26b%3Dc%2Cd", ["http://h jwt me a&b=c,d verify a&b=c,d -"]),
    ("http://h?iss=me&key=a&b=c,d", ["http://h?b=c,d jwt me ? verify ? -"]),
    ("http://h#frag?key=x", ["http://h none verify - -"]),
    ("http://[::1]:5561/", ["http://[::1]:5561 none verify - -"]),
    (
      " http://a,https://b  http://c\n,",
      ["http://a none verify - -", "https://b none verify - -", "http://c none verify - -"]
    ),
    (
      "http://a?key=changeme,http://b?key=other",
      ["http://a bearer changeme verify changeme -", "http://b bearer other verify other -"]
    ),
    ("http://h?iss=&key=&verify-key=", ["http://h none verify - -"]),
  ])
  func `GRIP_URL is read`(text: String, expected: [String]) throws {
    let endpoints = try GRIPEndpoint.parse(gripURL: text)
    #expect(try endpoints.map(Self.describe) == expected)
  }

  @Test(arguments: [
    ("", "GRIP_URL is empty"), ("  , ", "GRIP_URL is empty"), ("localhost:5561", "must begin with http:// or https://"),
    ("ftp://h", "must begin with http:// or https://"), ("http://", "has no host"), ("http://:5561", "has no host"),
    ("http://u:p@", "has no host"), ("http:///path", "has no host"), ("http://h/a b", "must be percent-encoded"),
    ("http://h\r\nX:y", "must be percent-encoded"), ("http://h?a=\"", "must be percent-encoded"),
    ("http://h?iss=me", "has iss, but no key"), ("http://h?key=%", "no two hex digits"),
    ("http://h?key=%4", "no two hex digits"), ("http://h?key=%FF", "not UTF-8"),
    ("http://u:%zz@h", "no two hex digits"),
    ("http://h?iss=a&key=base64:!", "is not base64"), ("http://h?iss=a&key=base64:", "is empty"),
    ("http://h?iss=a&key=file:/etc/passwd", "cannot be read"), ("http://h?verify-key=base64:A", "is not base64"),
  ])
  func `a wrong GRIP_URL is refused with words that hold no secret`(text: String, words: String) {
    let error = #expect(throws: GRIPDecodingError.self) { try GRIPEndpoint.parse(gripURL: text) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test func `a key that can only verify does not sign`() throws {
    let encoded = encodeBase64(Array(TestKeys.spki.utf8), urlSafe: true)
    #expect(throws: GRIPDecodingError.self) { try GRIPEndpoint.parse(gripURL: "http://h?iss=a&key=base64:\(encoded)") }
    let endpoints = try GRIPEndpoint.parse(gripURL: "http://h?key=changeme&verify-key=base64:\(encoded)")
    #expect(endpoints.first?.verifyKey?.algorithm == "ES256")
    let json = #"[{"controlUri":"http://h","key":"base64:\#(encoded)","controlIss":"x"}]"#
    #expect(throws: GRIPDecodingError.self) { try GRIPEndpoint.parse(gripProxiesJSON: json) }
  }

  @Test func `key files are read by the caller`() throws {
    let endpoints = try GRIPEndpoint.parse(gripURL: "http://h?iss=a&key=file:k") { path in
      path == "k" ? Array("fbfffe\n".utf8) : []
    }
    #expect(try endpoints.map(Self.describe) == ["http://h jwt a fbfffe verify fbfffe -"])
  }

  @Test func `the article's gripProxies are read`() throws {
    let endpoints = try GRIPEndpoint.parse(
      gripProxiesJSON: """
        [ {"key": "changeme", "controlUri": "http://localhost:5561"},
          {"key": "base64:+//+", "controlUri": "http://api.fanout.io/realm/my-realm/", "controlIss": "my-realm"},
          {"key": "changeme", "controlUri": "my-realm", "controlIss": "my-realm", "verifyIss": "fanout", "verifyKey": "other"},
          {"controlUri": "http://h", "verifyKey": "other"}, {"controlUri": "http://u:p@h"} ]
        """)
    #expect(
      try endpoints.map(Self.describe) == [
        "http://localhost:5561 none verify changeme -",
        "http://api.fanout.io/realm/my-realm jwt my-realm fbfffe verify fbfffe -",
        "https://api.fanout.io/realm/my-realm jwt my-realm changeme verify other fanout",
        "http://h none verify other -", "http://h basic u:p verify - -",
      ])
    #expect(try GRIPEndpoint.parse(gripProxiesJSON: #"{"key":"changeme","controlUri":"http://h"}"#).count == 1)
    #expect(try GRIPEndpoint.parse(gripProxiesJSON: "[]").isEmpty)
  }

  @Test(arguments: [
    ("", "not JSON"), ("7", "must be an array"), ("[7]", "gripProxies[0]: element is not an object"),
    ("[{}]", "gripProxies[0]: object does not contain 'controlUri'"),
    (#"[{"controlUri":7}]"#, "'controlUri' with wrong type"),
    (#"[{"controlUri":""}]"#, "must begin with"), (#"[{"controlUri":"a b"}]"#, "must begin with"),
    (#"[{"controlUri":"a/b"}]"#, "must begin with"),
    (
      #"[{"controlUri":"http://h"},{"controlUri":"http://h","controlIss":"x"}]"#,
      "gripProxies[1]: controlIss is given without a key"
    ),
    (#"[{"controlUri":"http://h","key":7}]"#, "'key' with wrong type"),
    (#"[{"controlUri":"http://h","key":"base64:?"}]"#, "is not base64"),
    (#"[{"controlUri":"http://h","key":"file:x"}]"#, "cannot be read"),
  ])
  func `wrong gripProxies are refused with words`(json: String, words: String) {
    let error = #expect(throws: GRIPDecodingError.self) { try GRIPEndpoint.parse(gripProxiesJSON: json) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }
}
