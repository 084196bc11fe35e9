import AsyncHTTPClient
import GRIP
import NIOCore
import Synchronization
import Testing

@testable import PubControl

@Suite("Credentials of a publisher")
struct CredentialsTests {
  private static let key = GRIPKey(secret: Array("changeme".utf8))

  private static func endpoint(_ proxy: ProxyDouble, _ authentication: GRIPEndpoint.Authentication) -> GRIPEndpoint {
    GRIPEndpoint(controlURI: proxy.uri, authentication: authentication)
  }

  /// Publishes once and gives the `Authorization` that came.
  private static func authorization(_ authentication: GRIPEndpoint.Authentication) async throws -> String? {
    let proxy = try await ProxyDouble.listening()
    try await withHTTPClient { client in
      _ = try await PubControl(
        endpoints: [endpoint(proxy, authentication)], httpClient: client, options: quickOptions()
      ).publish([item("a")])
    }
    try await proxy.stop()
    return proxy.received.first?.headers["authorization"]
  }

  @Test func `Basic, Bearer and none`() async throws {
    #expect(try await Self.authorization(.basic(user: "alice", password: "é:x")) == "Basic YWxpY2U6w6k6eA==")
    #expect(try await Self.authorization(.bearer(token: "t0ken")) == "Bearer t0ken")
    #expect(try await Self.authorization(.none) == nil)
  }

  @Test func `a JWT is signed by the kind of its key and valid for an hour`() async throws {
    let pem = """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgaa/hFG2S7ENFRp7A
      vaBjbq1CNNcwt6dFIqCiW80QSm6hRANCAATCHoVr5VS6EIuBaPXLK+8FNGV3giC+
      oWG+mKwxpF244EVitmGAPwk6SpMymvfgEPIe4hu22swubLehIp3GcRJV
      -----END PRIVATE KEY-----
      """
    for key in [Self.key, try GRIPKey(pem: pem)] {
      let header = try #require(try await Self.authorization(.jwt(issuer: "realm", key: key)))
      #expect(header.hasPrefix("Bearer "))
      let claims = try GRIPSignature.verify(String(header.dropFirst(7)), key: key, issuer: "realm", now: 1_000_000)
      #expect(claims.expires == 1_003_600)
    }
  }

  @Test func `a token is kept for most of its life, and renewed then or when the clock went back`() throws {
    let credentials = PublishCredentials(.jwt(issuer: "a", key: Self.key), lifetime: .seconds(1000))
    let first = try credentials.header(now: 100)
    #expect(try credentials.header(now: 100) == first)
    #expect(try credentials.header(now: 899) == first)
    let second = try credentials.header(now: 900)
    #expect(second != first)
    #expect(try credentials.header(now: 901) == second)
    #expect(try credentials.header(now: 50) != second)
    #expect(try credentials.header(now: .max) != nil)
  }

  @Test func `a token that is refused is given up, and the refusal is not repeated`() async throws {
    let proxy = try await ProxyDouble.listening { $0 == 1 ? .answer(401) : .answer($0 == 3 ? 403 : 200) }
    let now = Mutex<Int64>(1000)
    var options = quickOptions()
    options.now = { now.withLock { $0 } }
    try await withHTTPClient { client in
      let control = PubControl(
        endpoints: [Self.endpoint(proxy, .jwt(issuer: "a", key: Self.key))], httpClient: client, options: options)
      guard case .unauthorized(401)? = try await control.publish([item("a")], toEndpoint: 0).failure else {
        Issue.record("401 was not told")
        return
      }
      now.withLock { $0 = 1001 }
      let result = try await control.publish([item("b")], toEndpoint: 0)
      #expect(result.failure == nil)
      guard case .unauthorized(403)? = try await control.publish([item("c")], toEndpoint: 0).failure else {
        Issue.record("403 was not told")
        return
      }
    }
    let headers = proxy.received.map { $0.headers["authorization"] }
    #expect(headers.count == 3)
    #expect(headers[0] != headers[1])
    #expect(headers[1] == headers[2])
    try await proxy.stop()
  }

  @Test func `credentials that cannot be used send nothing`() async throws {
    let proxy = try await ProxyDouble.listening()
    let publicKey = try GRIPKey(
      pem: """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwh6Fa+VUuhCLgWj1yyvvBTRld4Ig
        vqFhvpisMaRduOBFYrZhgD8JOkqTMpr34BDyHuIbttrMLmy3oSKdxnESVQ==
        -----END PUBLIC KEY-----
        """)
    let wrong: [GRIPEndpoint.Authentication] = [
      .jwt(issuer: "a", key: publicKey), .jwt(issuer: "a", key: GRIPKey(secret: [])), .bearer(token: "a\r\nX: y"),
      .bearer(token: ""), .bearer(token: "a b"),
    ]
    try await withHTTPClient { client in
      let control = PubControl(
        endpoints: wrong.map { Self.endpoint(proxy, $0) }, httpClient: client, options: quickOptions())
      for outcome in try await control.publish([item("a")]) {
        guard case .credentials? = outcome.failure else {
          Issue.record("\(outcome)")
          continue
        }
      }
    }
    #expect(proxy.received.isEmpty)
    try await proxy.stop()
  }

  @Test func `an outcome holds no secret, one line and not too much of it`() async throws {
    let proxy = try await ProxyDouble.listening { _ in
      .answer(400, body: "You said:\r\nBearer t0ken\u{1B}[0m " + String(repeating: "x", count: 100_000))
    }
    var options = quickOptions()
    options.errorBodyBytes = 100
    try await withHTTPClient { client in
      let uri = "http://user:pass@127.0.0.1:\(proxy.port)/realm/x/?secret=1"
      let control = PubControl(
        endpoints: [GRIPEndpoint(controlURI: uri, authentication: .bearer(token: "t0ken"))], httpClient: client,
        options: options)
      let outcome = try await control.publish([item("a")], toEndpoint: 0)
      #expect(outcome.endpoint == "http://127.0.0.1:\(proxy.port)/realm/x")
      guard case .rejected(400, let body)? = outcome.failure else {
        Issue.record("\(outcome)")
        return
      }
      #expect(body.hasPrefix("You said: Bearer *** [0m xxx"))
      #expect(body.utf8.count <= 100)
    }
    #expect(proxy.received.first?.uri == "/realm/x/publish/?secret=1")
    try await proxy.stop()
  }

  @Test(arguments: [
    ("http://h", "http://h/publish/", "http://h"), ("http://h//", "http://h/publish/", "http://h"),
    ("https://h:1/a/b/?x=1&y", "https://h:1/a/b/publish/?x=1&y", "https://h:1/a/b"),
    ("http://u:p@h/a@b?", "http://u:p@h/a@b/publish/", "http://h/a@b"), ("", "/publish/", ""),
  ])
  func `the publish address follows from the control URI`(control: String, publish: String, name: String) {
    let uri = ControlURI(control)
    #expect(uri.publish == publish)
    #expect(uri.name == name)
  }
}
