import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("Peers that others wrote") struct PythonPeersTests {
    @Test func `gripcontrol publishes to the edge`() throws {
      try #require(Python.has("gripcontrol"), "make test installs it into .venv")
      let origin = try HostileClientsTests.origin()
      let edge = try EdgeProcess(origin: origin.address)
      let listener = try HTTPConnection(to: edge.address)
      try listener.send(HTTPRequest("GET", "/stream"))
      _ = try listener.readHead()
      #expect(try listener.readChunk() == Array("welcome\n".utf8))
      try Command.run(
        Python.path,
        [
          "-c",
          """
          from gripcontrol import GripPubControl
          publisher = GripPubControl({'control_uri': 'http://\(edge.control)'})
          publisher.publish_http_stream('news', 'from Python\\n', 'id-1', None)
          publisher.publish_http_stream('news', 'again\\n', 'id-2', 'id-1')
          """,
        ])
      #expect(try listener.readChunk() == Array("from Python\n".utf8))
      #expect(try listener.readChunk() == Array("again\n".utf8))
    }

    @Test func `gripcontrol reads the signature that the edge adds`() throws {
      try #require(Python.has("gripcontrol"), "make test installs it into .venv")
      let origin = try HTTPDouble { _ in .response(status: 200, body: "plain\n") }
      let edge = try EdgeProcess(origin: origin.address, key: "a key that both know", issuer: "the edge")
      #expect(try HTTPConnection.exchange(edge.address, HTTPRequest("GET", "/")).text == "plain\n")
      let token = try #require(origin.requests.first?.fields["Grip-Sig"])
      let script = """
        import sys
        from gripcontrol import validate_sig
        sys.exit(0 if validate_sig(sys.argv[1], sys.argv[2]) else 1)
        """
      #expect(try Command.result(Python.path, ["-c", script, token, "a key that both know"]).ending == .exited(0))
      #expect(try Command.result(Python.path, ["-c", script, token, "another key"]).ending == .exited(1))
    }
  }
}
