import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("A killed server loses nothing that it acknowledged") struct CrashTests {
    @Test func `every reader with a cursor sees each acknowledged post exactly once, in order`() throws {
      let seed = ProcessInfo.processInfo.environment["CRASH_SEED"].flatMap { UInt64($0) } ?? UInt64(getpid())
      print("figure: CRASH_SEED=\(seed) repeats this test's moments")
      var generator = SeededGenerator(seed: seed)
      var server = try Standalone()
      try Person.juliet.register(server.front)
      let current = CurrentServer()
      defer { current.end() }
      let readers = try [
        CursorReader.Kind.poll(node: nil, nil), .poll(node: "juliet@localhost/posts", nil),
        .poll(node: nil, .juliet), .stream(node: nil), .stream(node: "juliet@localhost/posts"),
      ].map { kind in CursorReader(kind, from: try Self.start(of: kind, server.front), of: current) }
      var writer = LedgerWriter()

      let rounds = 60
      for _ in 1...rounds {
        current.move(to: server.front)
        // At first a few posts that must be there, then a kill at some moment of the next ones.
        let isUp = writer.post(as: .juliet, through: server.front, atMost: Int.random(in: 1...4, using: &generator))
        #expect(isUp)
        let process = server.process
        let moment = Int32.random(in: 0...100, using: &generator)
        Thread.detachNewThread {
          poll(nil, 0, moment)
          process.signal(SIGKILL)
        }
        while writer.post(as: .juliet, through: server.front, atMost: 50) {}
        try process.waitForEnd(within: .seconds(20))
        current.move(to: nil)
        if Int.random(in: 1...4, using: &generator) == 1 {
          // A start that is killed, too.
          let starting = try Standalone.launch(server.data)
          poll(nil, 0, Int32.random(in: 0...200, using: &generator))
          try starting.kill()
        }
        server = try Standalone(data: server.data)
      }
      current.move(to: server.front)
      let isUp = writer.post(as: .juliet, through: server.front, atMost: 1)
      #expect(isUp)
      let last = try #require(writer.acknowledged.last)
      for reader in readers {
        try reader.waitUntilSeen(last)
        #expect(writer.complaints(about: reader.contents).isEmpty, "\(reader.kind), CRASH_SEED=\(seed)")
      }
      print("figure: \(rounds) kills, \(writer.acknowledged.count) acknowledged posts, \(readers.count) readers")
    }

    @Test(
      .enabled(if: Tracing.works, "strace may not trace here"),
      arguments: [
        ("pwrite64", 1), ("pwrite64", 2), ("pwrite64", 4), ("pwrite64", 7), ("pwrite64", 12), ("pwrite64", 40),
        ("pwrite64", 90),
        ("fdatasync", 1), ("fdatasync", 2), ("fdatasync", 3), ("fdatasync", 5), ("fdatasync", 12),
      ])
    func `a kill at a chosen system call of the store loses nothing either`(call: String, number: Int) throws {
      var server = try Standalone()
      try Person.juliet.register(server.front)
      try Person.juliet.publish("post 0", through: server.front)
      let cursor = try Notifications.cursor(server.front)
      try server.process.stop()

      var writer = LedgerWriter()
      let tracing = Tracing.kill(at: call, number)
      // With a low number it may die before it is ready.
      if let traced = try? Standalone(data: server.data, launcher: tracing) {
        _ = writer.post(as: .juliet, through: traced.front, atMost: 40)
        let wasKilled = (try? traced.process.waitForEnd(within: .seconds(5))) != nil
        #expect(wasKilled, "40 posts made no \(number) calls of \(call) in any thread")
        if !wasKilled { try traced.process.kill() }
      }

      print("figure: killed at \(call) \(number), after \(writer.acknowledged.count) acknowledged posts")

      server = try Standalone(data: server.data)
      // Something to end the poll with, where nothing was acknowledged.
      let isUp = writer.post(as: .juliet, through: server.front, atMost: 1)
      #expect(isUp)
      let answer = try server.front.exchange(Notifications.poll(since: cursor))
      #expect(writer.complaints(about: try Notifications.contents(answer)).isEmpty)
      let feed = try server.front.exchange(HTTPRequest("GET", Person.juliet.feed + "?max=100", [Notifications.json]))
      let entries = try #require(try feed.json() as? [[String: Any]])
      let stored = entries.compactMap { $0["content"] as? String }.reversed().filter { $0 != "post 0" }
      #expect(writer.complaints(about: Array(stored)).isEmpty)
    }

    /// Where a reader of this kind begins.
    private static func start(of kind: CursorReader.Kind, _ front: Front) throws -> String {
      switch kind {
      case .poll(let node, let person):
        try Notifications.cursor(front, node: node, person.map { [$0.credentials] } ?? [])
      case .stream(let node): try Notifications.cursor(front, node: node)
      }
    }
  }
}

/// Ending a process at a system call.
enum Tracing {
  /// Whether strace is here and may trace.
  static let works: Bool = (try? Command.result("strace", ["-qq", "-o", "/dev/null", "true"]).ending) == .exited(0)

  /// The command that starts a program so that the `number`th such call of a thread kills it instead of happening.
  static func kill(at call: String, _ number: Int) -> [String] {
    [
      "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)",
      "-e", "inject=\(call):signal=SIGKILL:when=\(number)",
    ]
  }
}
