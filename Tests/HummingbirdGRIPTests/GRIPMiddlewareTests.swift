import GRIP
import HTTPTypes
import Hummingbird
import HummingbirdGRIP
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

/// A context that knows about the proxy.
struct ProxiedContext: GRIPRequestContext {
  var coreContext: CoreRequestContextStorage
  var grip = GRIPRequestInfo.direct

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
  }
}

/// Keys and tokens of these tests.
enum Tokens {
  static let key = GRIPKey(secret: Array("changeme".utf8))
  static let other = GRIPKey(secret: Array("other".utf8))

  static func token(_ key: GRIPKey = key, issuer: String = "pushpin", expires: Int64 = 2000) throws -> String {
    try GRIPSignature.sign(issuer: issuer, expires: expires, key: key)
  }
}

@Suite("Recognising the proxy")
struct GRIPMiddlewareTests {
  private static let endpoints = [
    GRIPEndpoint(controlURI: "http://a"), GRIPEndpoint(controlURI: "http://b", verifyKey: Tokens.other),
    GRIPEndpoint(controlURI: "http://c", verifyKey: Tokens.key, verifyIssuer: "pushpin"),
  ]

  /// What the handler of a live server sees of a request: `endpoint|last ids|features`.
  private static func seen(
    _ headers: HTTPFields, endpoints: [GRIPEndpoint] = endpoints
  ) async throws -> String {
    let router = Router(context: ProxiedContext.self)
    router.add(middleware: GRIPMiddleware(endpoints: endpoints, now: { 1000 }))
    router.get("/") { _, context -> String in
      let grip = context.grip
      let endpoint = grip.endpoint.map(String.init) ?? "-"
      let ids = grip.lastIDs.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
      return "\(grip.isProxied) \(endpoint)|\(ids)|\(grip.features.sorted().joined(separator: ","))"
    }
    return try await Application(router: router).test(.live) { client in
      try await client.execute(uri: "/", method: .get, headers: headers) { String(buffer: $0.body) }
    }
  }

  @Test func `a signed request tells its endpoint, last ids and features`() async throws {
    var headers: HTTPFields = [.gripSig: try Tokens.token(), .gripFeature: "status, link:next"]
    headers.append(HTTPField(name: .gripLast, value: "np-a; last-id=5, np-b; last-id=\"x,y\""))
    headers.append(HTTPField(name: .gripLast, value: "np-c; last-id=7"))
    #expect(try await Self.seen(headers) == "true 2|np-a=5,np-b=x,y,np-c=7|link:next,status")
    headers[.gripSig] = try Tokens.token(Tokens.other, issuer: "anybody")
    #expect(try await Self.seen(headers).hasPrefix("true 1|"))
  }

  @Test func `nothing of an unsigned or wrongly signed request is believed`() async throws {
    let rest: HTTPFields = [.gripLast: "np-a; last-id=5", .gripFeature: "status"]
    let none = "eyJhbGciOiJub25lIn0.eyJleHAiOjIwMDAsImlzcyI6InB1c2hwaW4ifQ."
    let tokens = [
      nil, "", "x", none, try Tokens.token(GRIPKey(secret: [1])), try Tokens.token(expires: 1000),
      try Tokens.token(issuer: "evil"), try Tokens.token() + "A", "Bearer " + (try Tokens.token()),
    ]
    for token in tokens {
      var headers = rest
      headers[.gripSig] = token
      #expect(try await Self.seen(headers) == "false -||", "\(token ?? "no token")")
    }
    #expect(try await Self.seen([.gripSig: try Tokens.token()], endpoints: []) == "false -||")
    #expect(
      try await Self.seen([.gripSig: try Tokens.token()], endpoints: [GRIPEndpoint(controlURI: "http://a")])
        == "false -||")
  }

  @Test func `of two signatures the first counts`() async throws {
    var headers = HTTPFields()
    headers.append(HTTPField(name: .gripSig, value: "forged"))
    headers.append(HTTPField(name: .gripSig, value: try Tokens.token()))
    #expect(try await Self.seen(headers) == "false -||")
  }

  @Test func `a resource may require a proxy`() async throws {
    let router = Router(context: ProxiedContext.self)
    router.add(middleware: GRIPMiddleware(endpoints: Self.endpoints, requiresProxy: true, now: { 1000 }))
    router.get("/") { _, _ in "held" }
    let token = try Tokens.token()
    try await Application(router: router).test(.live) { client in
      try await client.execute(uri: "/", method: .get) { response in
        #expect(response.status == .notImplemented)
      }
      try await client.execute(uri: "/", method: .get, headers: [.gripSig: token]) { response in
        #expect(response.status == .ok)
        #expect(String(buffer: response.body) == "held")
      }
    }
  }
}

@Suite("Remembering tokens")
struct GRIPRequestVerifierTests {
  @Test func `a token that was remembered still expires`() throws {
    let now = Mutex<Int64>(1000)
    let verifier = GRIPRequestVerifier(
      endpoints: [GRIPEndpoint(controlURI: "http://a", verifyKey: Tokens.key)], now: { now.withLock { $0 } })
    let headers: HTTPFields = [.gripSig: try Tokens.token(expires: 1010)]
    for time: Int64 in [1000, 1005, 1009] {
      now.withLock { $0 = time }
      #expect(verifier.info(headers).isProxied, "\(time)")
    }
    for time: Int64 in [1010, 1011, 5000] {
      now.withLock { $0 = time }
      #expect(!verifier.info(headers).isProxied, "\(time)")
    }
  }

  @Test func `the leeway is given to clocks, also of remembered tokens`() throws {
    let now = Mutex<Int64>(1000)
    let verifier = GRIPRequestVerifier(
      endpoints: [GRIPEndpoint(controlURI: "http://a", verifyKey: Tokens.key)], leeway: 30, now: { now.withLock { $0 } }
    )
    let headers: HTTPFields = [.gripSig: try Tokens.token(expires: 1010)]
    #expect(verifier.info(headers).isProxied)
    now.withLock { $0 = 1039 }
    #expect(verifier.info(headers).isProxied)
    now.withLock { $0 = 1040 }
    #expect(!verifier.info(headers).isProxied)
  }

  @Test func `many tokens are as good as one`() throws {
    let verifier = GRIPRequestVerifier(
      endpoints: [GRIPEndpoint(controlURI: "http://a", verifyKey: Tokens.key)], now: { 1000 })
    for round in 0..<2 {
      for number in 0..<200 {
        let headers: HTTPFields = [.gripSig: try Tokens.token(issuer: "i\(number)")]
        #expect(verifier.info(headers).isProxied, "\(round) \(number)")
      }
    }
  }
}
