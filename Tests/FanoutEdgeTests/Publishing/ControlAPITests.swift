import GRIP
import HTTPTypes
import Testing

@testable import FanoutEdge

@Suite("GRIP §10.1 control API")
struct ControlAPITests {
  private func decide(
    _ method: String, _ target: String, host: String = "localhost:5561", fields: HTTPFields = [:],
    framing: BodyFraming = .length(2), isLoopback: Bool = true,
    _ change: (inout ControlConfiguration) -> Void = { _ in }
  ) -> ControlAPI.Decision {
    var configuration = ControlConfiguration()
    change(&configuration)
    return ControlAPI(configuration).decide(
      RequestHead(method: method, target: target, authority: host, fields: fields), framing: framing,
      isLoopback: isLoopback, now: 1000)
  }

  private func status(_ decision: ControlAPI.Decision) -> Int {
    if case .refuse(let response) = decision { response.status } else { 200 }
  }

  @Test(arguments: ["/publish/", "/publish"]) func `the slash at the end is of no matter`(target: String) {
    #expect(decide("POST", target) == .accept(.publish(isJSON: false, wantsReceipt: false)))
  }

  @Test func `other targets are not found, with a query too`() {
    for target in ["/publish/?x", "/publish?receipt=2", "/publish//", "/items", "/realm/a/publish/", "*"] {
      #expect(decide("POST", target) == .refuse(.text(404, "Not Found\n")))
    }
  }

  @Test func `a receipt is asked for by the query`() {
    for target in ["/publish/?receipt=1", "/publish?receipt=1"] {
      #expect(decide("POST", target) == .accept(.publish(isJSON: false, wantsReceipt: true)))
    }
  }

  @Test func `a realm that is ours is another way to the same place`() {
    #expect(decide("POST", "/realm/r1/publish/") { $0.realms = ["r1"] } == decide("POST", "/publish/"))
    #expect(status(decide("POST", "/realm/r2/publish/") { $0.realms = ["r1"] }) == 404)
  }

  @Test func `other methods are told which one is right`() {
    for method in ["GET", "PUT", "DELETE"] {
      #expect(
        decide(method, "/publish/")
          == .refuse(.text(405, "Method not allowed: \(method).\n", fields: [.allow: "POST"])))
    }
    #expect(decide("DELETE", "/") == .accept(.greeting))
  }

  @Test func `a body without a length is refused, a chunked one is not`() {
    #expect(decide("POST", "/publish/", framing: .none) == .refuse(.text(411, "Request requires Content-Length.\n")))
    #expect(status(decide("POST", "/publish/", framing: .chunked)) == 200)
    #expect(status(decide("GET", "/", framing: .none)) == 200)
  }

  @Test(
    arguments: [
      (nil, false), ("*/*", false), ("application/json", true), ("text/html, application/*;q=0.1", true),
      ("application/json, text/plain", false), ("text/plain, application/json", true), ("text/*", false),
      ("image/png", nil), ("", nil),
    ] as [(String?, Bool?)])
  func `the last element of Accept that can be served counts`(accept: String?, isJSON: Bool?) {
    var fields: HTTPFields = [:]
    fields[.accept] = accept
    let decision = decide("POST", "/publish/", fields: fields)
    if let isJSON {
      #expect(decision == .accept(.publish(isJSON: isJSON, wantsReceipt: false)))
    } else {
      #expect(status(decision) == 406)
    }
  }

  @Test func `a page in a browser cannot publish, not even with a name that leads to this machine`() {
    #expect(status(decide("POST", "/publish/", fields: [.origin: "http://localhost:5561"])) == 403)
    #expect(status(decide("POST", "/publish/", fields: [.origin: "null"])) == 403)
    for host in ["evil.test:5561", "localhost.evil.test", "127.0.0.1.evil.test", "10.0.0.1", "127.1"] {
      #expect(status(decide("POST", "/publish/", host: host)) == 403)
      #expect(status(decide("POST", "/publish/", host: host, isLoopback: false)) == 200)
    }
    for host in ["localhost", "127.0.0.1:5561", "127.9.9.9", "[::1]:5561", "LOCALHOST"] {
      #expect(status(decide("POST", "/publish/", host: host)) == 200)
    }
    #expect(status(decide("POST", "/publish/", host: "fanout:5561") { $0.allowedHosts = ["fanout"] }) == 200)
  }

  @Test func `credentials are asked for where any are set`() throws {
    let key = GRIPKey(secret: Array("secret".utf8))
    let set: (inout ControlConfiguration) -> Void = {
      $0.credentials = [
        .jwt(issuer: "realm", key: key), .basic(user: "u", password: "p:q"), .bearer(token: "t0ken"),
      ]
    }
    func status(_ authorization: String?) -> Int {
      var fields: HTTPFields = [:]
      fields[.authorization] = authorization
      return self.status(decide("POST", "/publish/", fields: fields, set))
    }
    let good = try GRIPSignature.sign(issuer: "realm", expires: 2000, key: key)
    #expect(status("Bearer \(good)") == 200)
    #expect(status("bearer  \(good)") == 200)
    #expect(status("Bearer t0ken") == 200)
    #expect(status("Basic dTpwOnE=") == 200)
    let wrong = [
      nil, "", "Bearer", "Bearer t0kem", "Bearer t0ken0", "Basic dTpwOg==", "Basic t0ken", "Basic ?", good,
      "Bearer \(try GRIPSignature.sign(issuer: "realm", expires: 1000, key: key))",
      "Bearer \(try GRIPSignature.sign(issuer: "other", expires: 2000, key: key))",
      "Bearer \(try GRIPSignature.sign(issuer: "realm", expires: 2000, key: GRIPKey(secret: [1])))",
    ]
    for authorization in wrong { #expect(status(authorization) == 401, "\(authorization ?? "none")") }
    guard case .refuse(let response) = decide("POST", "/recover/", set) else { throw Unexpected() }
    #expect(response.fields[.wwwAuthenticate] == "Bearer realm=\"fanout\", Basic realm=\"fanout\", charset=\"UTF-8\"")
    #expect(decide("GET", "/", set) == .accept(.greeting))
  }

  private struct Unexpected: Error {}

  @Test func `an address that others reach needs credentials, or words`() {
    var configuration = ControlConfiguration()
    configuration.listen = [ListenAddress(host: "0.0.0.0", port: 5561)]
    #expect(configuration.validate().map(\.key) == ["control.listen"])
    configuration.allowsOpenNetwork = true
    #expect(configuration.validate().isEmpty)
    configuration.allowsOpenNetwork = false
    configuration.credentials = [.bearer(token: "t")]
    #expect(configuration.validate().isEmpty)
    configuration.credentials = []
    configuration.listen = [ListenAddress(host: "127.0.0.1", port: 0), ListenAddress(host: "::1", port: 0)]
    #expect(configuration.validate().isEmpty)
  }

  @Test func `the receipt counts listeners by the formats that an item has`() {
    let items: [GRIPItem] = [.text("a", in: "n\"ews"), GRIPItem(channel: "b", httpStream: .hint)]
    let receivers = [ChannelReceivers(streams: 3, responses: 1), ChannelReceivers(streams: 2, responses: 9)]
    #expect(
      ControlAPI(ControlConfiguration()).receipt(items: items, receivers: receivers).body
        == #"{"message":"Published","items":[{"channel":"n\"ews","receivers":{"http-response":1,"http-stream":3}},"#
        + #"{"channel":"b","receivers":{"http-stream":2}}]}"# + "\n")
  }
}
