import TestKit
import Testing

extension EndToEnd {
  /// `PubControlZeroMQ` in the hands of `fanout publish`.
  @Suite("fanout publish over ZeroMQ") struct ZeroMQPublishTests {
    private static func publish(_ arguments: String...) throws -> Command.Result {
      try Command.result(try Products.path("fanout"), ["publish"] + arguments)
    }

    private static func listener(to address: Address) throws -> HTTPConnection {
      let listener = try HTTPConnection(to: address)
      try listener.send(HTTPRequest("GET", "/stream"))
      _ = try listener.readHead()
      #expect(try listener.readChunk() == Array("welcome\n".utf8))
      return listener
    }

    /// Pushes, and publishes to the SUB socket, whose publisher is told first who listens.
    private static func converse(with proxy: Address, push: String, sub: String) throws {
      let listener = try listener(to: proxy)
      for (number, arguments) in [["--spec", push], ["--spec", sub, "--sub"]].enumerated() {
        let result = try Command.result(
          try Products.path("fanout"), ["publish", "--id", "\(number)"] + arguments + ["news", "é \(number)"])
        #expect(result.ending == .exited(0) && result.output == "Published\n", "\(result)")
        #expect(try listener.readChunk() == Array("é \(number)\n".utf8))
      }
      // A channel that nobody listens to is no fault, and nothing comes of it.
      #expect(try publish("--spec", sub, "--sub", "elsewhere", "hello").ending == .exited(0))
      #expect(try publish("--spec", push, "news", "last").ending == .exited(0))
      #expect(try listener.readChunk() == Array("last\n".utf8))
    }

    @Test func `both kinds of sockets of an edge take items`() throws {
      let origin = try HostileClientsTests.origin()
      let (push, sub) = (try Address.free(), try Address.free())
      let edge = try EdgeProcess(
        origin: origin.address, handler: "push_in_spec=tcp://\(push)\npush_in_sub_specs=tcp://\(sub)\n")
      try Self.converse(with: edge.address, push: "tcp://\(push)", sub: "tcp://\(sub)")
    }

    @Test func `both kinds of sockets of Debian's Pushpin take items`() throws {
      let origin = try HostileClientsTests.origin()
      let pushpin = try Pushpin(origin: origin.address, key: "a key")
      try Self.converse(with: pushpin.address, push: pushpin.socket("push"), sub: pushpin.socket("sub"))
    }

    @Test(arguments: [[], ["--sub"]])
    func `where nobody listens that is said`(flags: [String]) throws {
      let nobody = try Address.free()
      let failure = try Command.result(
        try Products.path("fanout"), ["publish", "--spec", "tcp://\(nobody)"] + flags + ["news", "hello"])
      #expect(failure.ending == .exited(1))
      #expect(failure.output.contains("tcp://\(nobody)") && failure.output.contains("nobody takes messages there"))
    }

    @Test(arguments: [
      (["--spec", "tcp://127.0.0.1:5560", "--bearer", "token"], "a ZeroMQ address takes no credentials"),
      (["--spec", "tcp://127.0.0.1"], "tcp://host:port and ipc://path are accepted"),
      (["--spec", "ftp://localhost"], "http://, https://, tcp:// and ipc:// are accepted"),
      (["--spec", "http://localhost", "--sub"], "--sub goes with a ZeroMQ address"),
    ])
    func `what makes no sense is refused in words`(arguments: [String], text: String) throws {
      let result = try Command.result(try Products.path("fanout"), ["publish"] + arguments + ["news", "hello"])
      #expect(result.ending != .exited(0))
      #expect(result.output.contains(text), "\(result.output)")
    }
  }
}
