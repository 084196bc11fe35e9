import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Testing

@testable import BuddycloudAPI

@Suite("The web client's files")
struct WebResponderTests {
  private func get(
    _ path: String, method: HTTPRequest.Method = .get, _ fields: HTTPFields = [:]
  ) async throws -> TestResponse {
    let policy = "default-src 'self'; object-src 'none'"
    let responder = WebResponder(contentSecurityPolicy: policy) { path in
      switch path {
      case "/index.html": WebFile(contentType: "text/html; charset=utf-8", bytes: Array("page".utf8), etag: "\"p\"")
      case "/js/main.js": WebFile(contentType: "text/javascript", bytes: Array("code".utf8), etag: "\"c\"")
      default: nil
      }
    }
    let application = responder.application(
      host: "127.0.0.1", port: 0, logger: Logger(label: "test"), onServerRunning: { _ in })
    return try await application.test(.router) { client in
      try await client.executeRequest(uri: path, method: method, headers: fields, body: nil)
    }
  }

  @Test(
    arguments: [
      ("/", 200, "page"), ("/index.html", 200, "page"), ("/js/main.js", 200, "code"), ("/js/main.js?v=1", 200, "code"),
      ("/alice@example.com", 200, "page"), ("/alice@example.com/posts/1.2", 200, "page"), ("/about", 200, "page"),
    ])
  func `a path is a file, or the page`(path: String, status: Int, body: String) async throws {
    let reply = try await get(path)
    #expect(reply.status.code == status)
    #expect(String(buffer: reply.body) == body)
  }

  @Test(arguments: ["/missing.js", "/js/missing.css", "/favicon.ico", "/../etc/passwd.txt", "/js/..%2f..%2fsecret.key"])
  func `a file that is not there is 404, wherever the path points`(path: String) async throws {
    #expect(try await get(path).status == .notFound)
  }

  @Test func `every answer says what the page may do`() async throws {
    for path in ["/", "/js/main.js", "/missing.js"] {
      let reply = try await get(path)
      #expect(reply.headers[.contentSecurityPolicy] == "default-src 'self'; object-src 'none'")
      #expect(reply.headers[.xContentTypeOptions] == "nosniff")
      #expect(reply.headers[HTTPField.Name("Referrer-Policy")!] == "no-referrer")
    }
  }

  @Test func `a file that is known is not sent again`() async throws {
    for known in ["\"c\"", "\"x\", \"c\"", "*"] {
      let reply = try await get("/js/main.js", [.ifNoneMatch: known])
      #expect(reply.status == .notModified)
      #expect(reply.body.readableBytes == 0)
      #expect(reply.headers[.eTag] == "\"c\"")
    }
    #expect(try await get("/js/main.js", [.ifNoneMatch: "\"old\""]).status == .ok)
  }

  @Test func `only reading is possible`() async throws {
    let reply = try await get("/", method: .post)
    #expect(reply.status == .methodNotAllowed)
    #expect(reply.headers[.allow] == "GET, HEAD")
    let head = try await get("/js/main.js", method: .head)
    #expect(head.status == .ok)
    #expect(head.headers[.contentLength] == "4")
    #expect(head.body.readableBytes == 0)
  }
}
