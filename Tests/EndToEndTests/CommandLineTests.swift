import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("The command lines") struct CommandLineTests {
    @Test func `accounts are added, listed, changed and removed while the server runs`() throws {
      let server = try Standalone(configuration: "registration: closed")
      let refused = try server.front.exchange(
        HTTPRequest(
          "POST", "/account", [("Content-Type", "application/json")],
          body: #"{"username":"juliet","password":"p","email":"j@verona.example"}"#))
      #expect(refused.status == 403, "\(refused.text)")

      try user(server, ["add", "juliet"], input: "wherefore art thou\n")
      #expect(try user(server, ["list"]).contains("juliet@localhost"))
      #expect(try server.front.exchange(HTTPRequest("GET", "/", [Person.juliet.credentials])).status == 204)
      try Person.juliet.publish("an account without a page", through: server.front)

      try user(server, ["password", "juliet"], input: "deny thy father\n")
      let changed = Person(name: "juliet", password: "deny thy father")
      #expect(try server.front.exchange(HTTPRequest("GET", "/", [changed.credentials])).status == 204)
      try user(server, ["remove", "juliet"])
      #expect(try !user(server, ["list"]).contains("juliet@localhost"))
    }

    @Test func `accounts in PostgreSQL are managed alike, and a store that is used is not measured`() throws {
      let options = try StoreKind.postgresql.options()
      let server = try Standalone(configuration: "registration: closed", options: options)
      try user(server, ["add", "juliet"] + options, input: "wherefore art thou\n")
      #expect(try user(server, ["list"] + options).contains("juliet@localhost"))
      try Person.juliet.publish("an account without a page", through: server.front)
      let path = try Products.path("buddycloud")
      let refused = try Command.result(path, ["bench-store", "--seconds", "1"] + options)
      #expect(refused.ending == .exited(1))
      #expect(refused.output.contains("the store is not empty"))
      let measured = try Command.run(
        path, ["bench-store", "--writers", "1,20", "--seconds", "1"] + StoreKind.postgresql.options())
      #expect(measured.output.matches(of: #/(?m)^ +(1|20) +[1-9][0-9]* /#).count == 2, "\(measured.output)")
    }

    @Test func `fanout publish reaches who listens`() throws {
      let edge = try EdgeProcess(origin: try HostileClientsTests.origin().address)
      let origin = try HostileClientsTests.origin()
      let other = try EdgeProcess(origin: origin.address)
      let listener = try HTTPConnection(to: other.address)
      try listener.send(HTTPRequest("GET", "/stream"))
      _ = try listener.readHead()
      #expect(try listener.readChunk() == Array("welcome\n".utf8))
      try Command.run(
        try Products.path("fanout"), ["publish", "--spec", "http://\(other.control)", "news", "hello"])
      #expect(try listener.readChunk().map { String(decoding: $0, as: UTF8.self).hasPrefix("hello") } == true)
      // An edge whose origin is gone still stops when it is told to.
      #expect(try edge.process.stop() == .exited(0))
    }

    @Test(arguments: ["buddycloud", "fanout"])
    func `a program says its version and its commands`(program: String) throws {
      let path = try Products.path(program)
      #expect(try Command.run(path, ["version"]).output.contains(#/[0-9]+\.[0-9]+/#))
      let help = try Command.run(path, ["--help"]).output
      for command in ["check-config", "version"] { #expect(help.contains(command)) }
    }

    @Test func `what print-config prints can be used as a file`() throws {
      let folder = try TemporaryFolder()
      let path = try Products.path("buddycloud")
      let printed = try Command.run(path, ["print-config"], directory: folder.path).output
      try folder.write("printed.yaml", printed)
      try Command.run(path, ["check-config", "--config", "printed.yaml"], directory: folder.path)
    }

    @discardableResult private func user(_ server: Standalone, _ words: [String], input: String = "") throws -> String {
      try Command.run(
        try Products.path("buddycloud"), ["user"] + words + ["--data-dir", server.data.file("data")],
        directory: server.data.path, input: input
      ).output
    }
  }
}
