import GRIP
import HTTPTypes
import Hummingbird
import HummingbirdGRIP
import HummingbirdTesting
import NIOCore
import Testing

@Suite("Answering with a hold")
struct ResponseTests {
  /// What a live server's answer says to a proxy that reads it.
  private static func read(
    _ response: @escaping @Sendable () throws -> Response
  ) async throws -> (instruction: GRIPInstruction, response: GRIPResponse) {
    let router = Router(context: ProxiedContext.self)
    router.get("/") { _, _ in try response() }
    let (status, headers, body) = try await Application(router: router).test(.live) { client in
      try await client.execute(uri: "/", method: .get) { ($0.status, $0.headers, Array($0.body.readableBytesView)) }
    }
    #expect(GRIPInstruction.isPresent(in: headers))
    return try GRIPInstruction.decode(
      status: status.code, reason: status.reasonPhrase, headers: headers, body: body)
  }

  @Test func `the body form reaches the proxy whole, links and exposed headers beside it`() async throws {
    let instruction = GRIPInstruction(
      hold: .response(timeout: .seconds(55)),
      channels: [GRIPChannel("np-alice@example.com-json; ,\"", previousID: "1")],
      meta: ["user": "alice"], nextLink: GRIPNextLink("/next?token=a,b"), goneLink: "gone", lastIDs: ["a": "1"],
      exposedHeaders: ["X-A"])
    let answer = GRIPResponse(
      status: 404, reason: "Gone fishing",
      headers: [.contentType: "application/json", .setCookie: "a", .setCookie: "b"],
      body: Array(#"{"last_cursor":"1","items":[]}"#.utf8))
    let read = try await Self.read { try Response.hold(instruction, response: answer) }
    #expect(read.instruction == instruction)
    #expect(read.response == answer)
  }

  @Test func `the header form holds an ordinary response`() async throws {
    let instruction = GRIPInstruction(
      hold: .stream(keepAlive: GRIPKeepAlive(content: Array(":\n\n".utf8))),
      channels: [GRIPChannel("a"), GRIPChannel("b")])
    let read = try await Self.read {
      try Response(
        status: .ok, headers: [.contentType: "text/event-stream", .gripHold: "response"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: ": hello\n\n"))
      ).held(instruction)
    }
    #expect(read.instruction == instruction)
    #expect(read.response.status == 200)
    #expect(read.response.headers[.contentType] == "text/event-stream")
    #expect(read.response.body == Array(": hello\n\n".utf8))
  }

  @Test func `a 304 is carried by a 200, with its headers`() async throws {
    let read = try await Self.read {
      try Response(status: .notModified, headers: [.eTag: "\"1\""])
        .held(GRIPInstruction(hold: .response(timeout: .seconds(5)), channels: [GRIPChannel("a")]))
    }
    #expect(read.response.status == 304)
    #expect(read.response.reason == "Not Modified")
    #expect(read.response.headers[.eTag] == "\"1\"")
  }

  @Test func `a channel name that a header cannot carry is an error in header form only`() throws {
    let instruction = GRIPInstruction(hold: .stream(keepAlive: nil), channels: [GRIPChannel("a,b")])
    #expect(throws: GRIPEncodingError.self) { try Response(status: .ok).held(instruction) }
    #expect(throws: Never.self) { try Response.hold(instruction, response: GRIPResponse()) }
  }
}
