import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// Whatever the other tests lean on, tried by itself.
  @Suite("The kit that the tests are written with") struct KitTests {
    @Test func `a process tells how it ended, and its output is kept`() throws {
      let folder = try TemporaryFolder()
      let result = try Command.result("sh", ["-c", "cat; pwd; exit 3"], directory: folder.path, input: "given\n")
      #expect(result.ending == .exited(3))
      #expect(result.output == "given\n\(folder.path)\n")
      let sleeper = try ChildProcess("sh", ["-c", "echo up; exec sleep 600"])
      #expect(sleeper.log.firstValue(within: .seconds(20)) { $0 == "up" ? true : nil } == true)
      #expect(sleeper.endingSoFar == nil)
      try sleeper.kill()
      #expect(sleeper.endingSoFar == .signalled(SIGKILL))
      #expect(throws: TestFailure.self) { try ChildProcess("/no/such/program") }
    }

    @Test func `a double answers, and a connection is used again`() throws {
      let double = try HTTPDouble { request in
        request.target == "/chunks"
          ? .raw(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", isOpen: true)
          : .response(status: 200, fields: [("X-Method", request.method)], body: request.text)
      }
      let connection = try HTTPConnection(to: double.address)
      let echo = try connection.exchange(HTTPRequest("POST", "/", body: "hello"))
      #expect(echo.text == "hello")
      #expect(echo.fields["x-method"] == "POST")
      #expect(try connection.exchange(HTTPRequest("GET", "/chunks")).text == "abcde")
      #expect(try connection.exchange(HTTPRequest("HEAD", "/")).body.isEmpty)
      #expect(double.requests.map(\.target) == ["/", "/chunks", "/"])
      double.stop()
      #expect(throws: TestFailure.self) { try connection.exchange(HTTPRequest("GET", "/")) }
    }

    @Test func `events are read whatever pieces they come in`() throws {
      let events = "id: 1\nevent: post\ndata: a\ndata: b\n\n: comment\n\nid:2\r\ndata:c\r\n\r\n"
      let pieces = events.map { "1\r\n\($0)\r\n" }.joined().replacing("1\r\n\r\n\r\n", with: "2\r\n\r\n\r\n")
      let double = try HTTPDouble { _ in
        .raw(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n\(pieces)0\r\n\r\n")
      }
      let stream = try EventStream(double.address, "/")
      #expect(try stream.next() == .init(id: "1", name: "post", data: "a\nb"))
      #expect(try stream.next() == .init(id: "2", name: "message", data: "c"))
      #expect(try stream.next() == nil)
    }

    @Test func `a swarm hears what is said to all of it`() throws {
      let double = try HTTPDouble { _ in .response(status: 200, body: "hello") }
      let swarm = Swarm(address: double.address)
      try swarm.open(300, request: HTTPRequest("GET", "/").bytes(host: "localhost"))
      try swarm.wait { $0.has(Array("\r\n\r\nhello".utf8)) }
      #expect(double.requests.count == 300)
      #expect(swarm.members.allSatisfy { !$0.isEnded })
      swarm.close()
    }

    @Test func `the ledger complains of what is lost, doubled or out of order, and of nothing else`() {
      func complaints(_ seen: [String]) -> Int {
        LedgerWriter.complaints(about: seen, acknowledged: ["a 1", "a 3"], author: "a").count
      }
      #expect(complaints(["a 1", "b 9", "a 3", "b 9"]) == 0)
      // What was stored but never acknowledged may be seen.
      #expect(complaints(["a 1", "a 2", "a 3"]) == 0)
      #expect(complaints(["a 1"]) == 1)
      #expect(complaints(["a 1", "a 3", "a 3"]) == 1)
      #expect(complaints(["a 3", "a 1"]) == 1)
      #expect(complaints([]) == 1)
    }

    @Test func `Pushpin starts by itself, holds and delivers`() throws {
      let origin = try HostileClientsTests.origin()
      let pushpin = try Pushpin(origin: origin.address, key: "a key")
      let client = try HTTPConnection(to: pushpin.address)
      try client.send(HTTPRequest("GET", "/stream"))
      #expect(try client.readHead().status == 200)
      #expect(try client.readChunk() == Array("welcome\n".utf8))
      let answer = try HTTPConnection.exchange(pushpin.control, Publish.request(Publish.stream("news", "hello")))
      #expect(answer.status == 200)
      #expect(try client.readChunk() == Array("hello".utf8))
      pushpin.stop()
    }
  }
}
