import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import BuddycloudAPI

@Suite("Requests that are wrong")
struct MalformedRequestTests {
  /// A request with the status and the text that it gets.
  struct Case: Sendable, CustomTestStringConvertible {
    var method: HTTPRequest.Method
    var path: String
    var user: String?
    var fields: HTTPFields
    var body: String?
    var status: Int
    var text: String

    init(
      _ method: HTTPRequest.Method, _ path: String, as user: String? = nil, body: String? = nil, _ status: Int,
      _ text: String
    ) {
      self.init(method, path, as: user, [:], body: body, status, text)
    }

    init(
      _ method: HTTPRequest.Method, _ path: String, as user: String? = nil, _ fields: HTTPFields,
      body: String? = nil, _ status: Int, _ text: String
    ) {
      (self.method, self.path, self.user, self.fields) = (method, path, user, fields)
      (self.body, self.status, self.text) = (body, status, text)
    }

    var testDescription: String { "\(method) \(path.prefix(60)) \(body?.prefix(40) ?? "") → \(status)" }
  }

  private static let posts = "/alice@example.com/content/posts"
  private static let json: HTTPFields = [.contentType: "application/json"]

  static let paths: [Case] = [
    Case(.get, "/nothing", 404, "Not Found: there is no GET /nothing"),
    Case(.get, "/alice/content/posts", 400, "'alice' is not a channel; the path looks like /alice@example.com"),
    Case(.get, "//content/posts", 400, "Bad Request: the channel before /content is missing"),
    Case(.get, "/@/content/posts", 400, "Bad Request: '@' is not a channel"),
    Case(.get, "/@example.com/content/posts", 400, "is not a channel"),
    Case(.get, "/alice@/content/posts", 400, "is not a channel"),
    Case(.get, "/a%20b@example.com/content/posts", 400, "is not a channel"),
    Case(.get, "/alice@example.com%2Fhttp/content/posts", 400, "a channel looks like alice@example.com"),
    Case(.get, "/alice@example.com/content/\(String(repeating: "n", count: 201))", 400, "1 to 200 bytes"),
    Case(.get, "/%zz", 400, "broken percent-encoding"),
    Case(.get, "/%4", 400, "broken percent-encoding"),
    Case(.get, "/%ff@example.com/content/posts", 400, "not UTF-8"),
    Case(.get, "/%00", 400, "control character"),
    Case(.get, "/alice@example.com/content/posts%0d%0aX", 400, "control character"),
    Case(.get, "/#fragment", 400, "fragment"),
    Case(.get, "*", 400, "must begin with /"),
    Case(.get, "/\(String(repeating: "x", count: 9000))", 414, "URI Too Long: path and query may have 8192 bytes"),
    Case(.get, "/search?type=content&q=%zz", 400, "query has broken percent-encoding"),
    Case(.patch, posts, 405, "Method Not Allowed: PATCH is not possible here"),
    Case(.put, "/account", 405, "PUT is not possible here"),
    Case(.get, "/account/pw/change", 405, "GET is not possible here"),
    Case(.post, "/notifications/posts", 405, "POST is not possible here"),
    Case(.get, "/nobody@example.com/content/posts", 404, "Not Found: "),
    Case(.get, "\(posts)/unknown", [.accept: "application/json"], 404, "Not Found: "),
    Case(.get, "\(posts)?max=many", 400, "max must be a whole number from 1 to 100"),
    Case(.get, "\(posts)?max=0", 400, "max must be a whole number from 1 to 100"),
    Case(.get, "\(posts)?max=-3", 400, "max must be a whole number"),
    Case(.get, posts, [.accept: "text/html"], 406, "Not Acceptable: accept application/atom+xml or application/json"),
    Case(.get, posts, [.accept: "application/atom+xml;q=0, application/json;q=0"], 406, "Not Acceptable"),
  ]

  static let credentials: [Case] = [
    Case(.get, "/", [.authorization: "Bearer x"], 400, "not of scheme Basic"),
    Case(.get, "/", [.authorization: "Basic"], 400, "not of scheme Basic"),
    Case(.get, "/", [.authorization: "Basic !!!"], 400, "not base64"),
    Case(.get, "/", [.authorization: "Basic YWxpY2U="], 400, "have no colon"),
    Case(.get, "/", [.authorization: "Basic //79Og=="], 400, "not UTF-8"),
    Case(.get, "/", [.authorization: TestAPI.basic("", "x")], 400, "is not a user's name"),
    Case(.get, "/", [.authorization: TestAPI.basic("a b", "x")], 400, "is not a user's name"),
    Case(.get, "/", [.authorization: TestAPI.basic("@example.com", "x")], 400, "is not a user's name"),
    Case(.get, "/", [.authorization: TestAPI.basic("alice", "")], 401, "Unauthorized: unknown user or wrong password"),
    Case(.get, "/", [.authorization: TestAPI.basic("nobody", "x")], 401, "unknown user or wrong password"),
    Case(.get, "/", [.authorization: TestAPI.basic("alice@elsewhere.example", "secret")], 401, "unknown user"),
    Case(.get, "/subscribed", 401, "Unauthorized: this needs an account"),
    Case(.get, "/sync?since=1970-01-01T00:00:00Z&max=1", 401, "this needs an account"),
    Case(.delete, "/account", 401, "this needs an account"),
    Case(.post, posts, json, body: #"{"content":"x"}"#, 401, "Unauthorized"),
    Case(.delete, "\(posts)/1", 401, "this needs an account"),
    Case(.post, "/coffee@topics.example.com", 401, "this needs an account"),
    Case(.get, "/alice@example.com/subscribers/posts/approve", 401, "this needs an account"),
  ]

  static let bodies: [Case] = [
    Case(.post, "/account", json, body: "", 400, "the body is not JSON; send"),
    Case(.post, "/account", json, body: "{", 400, "the body is not JSON"),
    Case(.post, "/account", json, body: "[]", 400, "not a JSON object"),
    Case(.post, "/account", json, body: "{}", 400, "Bad Request: username is missing; send {\"username\""),
    Case(.post, "/account", json, body: #"{"username":"x"}"#, 400, "password is missing"),
    Case(.post, "/account", json, body: #"{"username":"x","password":"y"}"#, 400, "email is missing"),
    Case(.post, "/account", json, body: #"{"username":1,"password":"y","email":"z"}"#, 400, "username is missing"),
    Case(
      .post, "/account", json, body: #"{"username":"a b","password":"y","email":"e@x.example"}"#, 400,
      "is not a user's name"),
    Case(
      .post, "/account", json, body: #"{"username":"x","password":"y","email":"none"}"#, 400, "e-mail"),
    Case(
      .post, "/account", json,
      body: "{\"username\":\"\(String(repeating: "u", count: 1100))\",\"password\":\"y\",\"email\":\"z\"}", 400,
      "username may have 1023 bytes"),
    Case(.post, posts, as: "alice", json, body: "", 400, "the body is empty; send {\"content\""),
    Case(.post, posts, as: "alice", json, body: "not json", 400, "not a JSON object"),
    Case(.post, posts, as: "alice", json, body: #"{"content":1}"#, 400, "content must be a string"),
    Case(.post, posts, as: "alice", json, body: #"{"content":"x","replyTo":[]}"#, 400, "replyTo must be a string"),
    Case(.post, posts, as: "alice", json, body: #"{"content":"x","media":{}}"#, 400, "media must be a list"),
    Case(.post, posts, as: "alice", json, body: #"{"content":"x","media":[{"id":"1"}]}"#, 400, "media must be a list"),
    Case(.post, posts, as: "alice", json, body: "{\"content\":\"\u{FFFD}\\ud800\"}", 400, "not a JSON object"),
    Case(.post, posts, as: "alice", json, body: #"{"content":"x","replyTo":"missing"}"#, 400, "Bad Request"),
    Case(.post, posts, as: "alice", body: "plain text", 400, "neither JSON nor XML"),
    Case(.post, posts, as: "alice", body: "<entry>", 400, "neither JSON nor XML"),
    Case(.post, posts, as: "alice", body: "<entry/>", 400, "root element must be entry of namespace"),
    Case(
      .post, posts, as: "alice", body: #"<feed xmlns="http://www.w3.org/2005/Atom"/>"#, 400,
      "root element must be entry"),
    Case(
      .post, posts, as: "alice",
      body: #"<!DOCTYPE e [<!ENTITY x "y">]><entry xmlns="http://www.w3.org/2005/Atom">&x;</entry>"#, 400,
      "neither JSON nor XML"),
    Case(
      .post, posts, as: "alice", json, body: "{\"content\":\"\(String(repeating: "x", count: 1 << 20))\"}", 413,
      "Content Too Large: a body may have 1048576 bytes"),
    Case(.post, "/nobody@example.com/content/posts", as: "alice", json, body: #"{"content":"x"}"#, 404, "Not Found"),
    Case(.post, "/subscribed", as: "alice", json, body: "{}", 400, "send {\"coffee@topics.example.com/posts\""),
    Case(.post, "/subscribed", as: "alice", json, body: #"{"alice":"member"}"#, 400, "is not a node"),
    Case(.post, "/subscribed", as: "alice", json, body: #"{"a@example.com/posts":1}"#, 400, "must be a string"),
    Case(.post, "/subscribed", as: "alice", json, body: #"{"no@example.com/posts":"member"}"#, 404, "Not Found"),
    Case(
      .post, "/alice@example.com/metadata/posts", as: "alice", json, body: #"{"access_model":"secret"}"#, 400,
      "access_model 'secret' is not known; it is one of open, authorize, whitelist, local"),
    Case(
      .post, "/alice@example.com/metadata/posts", as: "alice", json, body: #"{"default_affiliation":"owner"}"#, 400,
      "it is member or publisher"),
    Case(
      .post, "/alice@example.com/metadata/posts", as: "alice", json, body: #"{"title":[]}"#, 400, "must be a string"),
    Case(.post, "/alice@example.com/metadata/posts", as: "alice", json, body: "{,}", 400, "not a JSON object"),
    Case(
      .post, "/alice@example.com/subscribers/posts", as: "alice", json, body: #"{"bob@example.com":"king"}"#, 400,
      "must be one of outcast, none, member, publisher, moderator, owner"),
    Case(.post, "/alice@example.com/subscribers/posts", as: "alice", json, body: "[]", 400, "not a JSON object"),
    Case(
      .post, "/alice@example.com/subscribers/posts/approve", as: "alice", json, body: "{}", 400, "not a JSON list"),
    Case(
      .post, "/alice@example.com/subscribers/posts/approve", as: "alice", json,
      body: #"[{"jid":"bob@example.com","subscription":"maybe"}]"#, 400, "subscription that is not known"),
    Case(.get, "/sync", as: "alice", 400, "since is missing; ask /sync?since="),
    Case(.get, "/sync?since=yesterday&max=1", as: "alice", 400, "since is not a date and time"),
    Case(.get, "/sync?since=1970-01-01T00:00:00Z", as: "alice", 400, "max is missing"),
    Case(.get, "/search", 400, "type is missing; ask /search?type=metadata"),
    Case(.get, "/search?type=content", 400, "q is missing"),
    Case(.get, "/search?type=people&q=x", 400, "type 'people' is not known"),
    Case(.get, "/search?type=content&q=x&index=-1", 400, "index must be a whole number from 0"),
    Case(.get, "/notifications/posts?node=posts", [.accept: "application/json"], 400, "is not a node"),
    Case(.get, "/notifications/posts?next=x", 403, "Forbidden: next links are for proxies"),
  ]

  @Test func `each gets its status and a text that helps, and CORS fields`() async throws {
    let cases = Self.paths + Self.credentials + Self.bodies
    #expect(cases.count >= 60)
    try await TestAPI.run({ $0.rates.loginFailuresPerMinute = 0 }) { api in
      try await api.register("alice")
      let application = api.server.application(host: "127.0.0.1", port: 0)
      try await application.test(.router) { client in
        for malformed in cases {
          var fields = malformed.fields
          if let user = malformed.user { fields[.authorization] = TestAPI.basic(user, "secret") }
          let reply = try await client.executeRequest(
            uri: malformed.path, method: malformed.method, headers: fields,
            body: malformed.body.map { ByteBuffer(string: $0) })
          let text = String(buffer: reply.body)
          #expect(reply.status.code == malformed.status, "\(malformed.testDescription): \(text)")
          #expect(text.contains(malformed.text), "\(malformed.testDescription): \(text)")
          #expect(text.hasPrefix(reply.status.reasonPhrase), "\(malformed.testDescription): \(text)")
          #expect(reply.headers[.accessControlAllowOrigin] == "*")
          #expect(reply.headers[.contentType] == "text/plain; charset=utf-8")
          #expect((reply.headers[.wwwAuthenticate] != nil) == (malformed.status == 401))
        }
      }
    }
  }
}
