import TestKit
import Testing

extension EndToEnd {
  @Suite("fanout publish over ZeroMQ") struct ZeroMQPublishTests {
    @Test func `an item is pushed, and where nobody listens that is said`() throws {
      let origin = try HostileClientsTests.origin()
      let port = try Address.free()
      let edge = try EdgeProcess(origin: origin.address, handler: "push_in_spec=tcp://\(port)\n")
      let listener = try HTTPConnection(to: edge.address)
      try listener.send(HTTPRequest("GET", "/stream"))
      _ = try listener.readHead()
      #expect(try listener.readChunk() == Array("welcome\n".utf8))
      let fanout = try Products.path("fanout")
      let result = try Command.result(fanout, ["publish", "--spec", "tcp://\(port)", "--id", "1", "news", "hello"])
      #expect(result.ending == .exited(0))
      #expect(result.output.contains("Published"))
      #expect(try listener.readChunk() == Array("hello\n".utf8))
      let nobody = try Address.free()
      let failure = try Command.result(fanout, ["publish", "--spec", "tcp://\(nobody)", "news", "hello"])
      #expect(failure.ending == .exited(1))
      #expect(failure.output.contains("nobody takes messages there"))
      let refused = try Command.result(
        fanout, ["publish", "--spec", "tcp://\(nobody)", "--bearer", "token", "news", "hello"])
      #expect(refused.output.contains("a ZeroMQ address takes no credentials"))
    }
  }
}
