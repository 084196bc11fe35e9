import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("A killed server loses nothing that it acknowledged") struct CrashTests {
    @Test(arguments: [(StoreKind.sqlite, 60), (.postgresql, 15)])
    func `every reader with a cursor sees each acknowledged post exactly once, in order`(
      store: StoreKind, rounds: Int
    ) throws {
      let options = try store.options()
      let seed = ProcessInfo.processInfo.environment["CRASH_SEED"].flatMap { UInt64($0) } ?? UInt64(getpid())
      print("figure: CRASH_SEED=\(seed) repeats this test's moments")
      var generator = SeededGenerator(seed: seed)
      var server = try Standalone(options: options)
      let writers = [Person.juliet, .romeo, Person(name: "nurse")].map(LedgerWriter.init)
      for writer in writers { try writer.person.register(server.front) }
      let current = CurrentServer()
      defer { current.end() }
      let all = try [CursorReader.Kind.poll(node: nil, nil), .stream(node: nil)].map { kind in
        CursorReader(kind, from: try Self.start(of: kind, server.front), of: current)
      }
      let juliets = try [
        CursorReader.Kind.poll(node: "juliet@localhost/posts", nil), .poll(node: nil, .juliet),
        .stream(node: "juliet@localhost/posts"),
      ].map { kind in CursorReader(kind, from: try Self.start(of: kind, server.front), of: current) }

      for _ in 1...rounds {
        current.move(to: server.front)
        // At first a few posts that must be there, then a kill at some moment while all post at once.
        let isUp = writers[0].post(through: server.front, atMost: Int.random(in: 1...4, using: &generator))
        #expect(isUp)
        let process = server.process
        let moment = Int32.random(in: 0...400, using: &generator)
        Thread.detachNewThread {
          poll(nil, 0, moment)
          process.signal(SIGKILL)
        }
        LedgerWriter.storm(writers, through: server.front)
        try process.waitForEnd(within: .seconds(20))
        current.move(to: nil)
        if Int.random(in: 1...4, using: &generator) == 1 {
          // A start that is killed, too.
          let starting = try Standalone.launch(server.data, options: options)
          poll(nil, 0, Int32.random(in: 0...200, using: &generator))
          try starting.kill()
        }
        server = try Standalone(data: server.data, options: options)
      }
      current.move(to: server.front)
      for writer in writers { #expect(writer.post(through: server.front, atMost: 1)) }
      for (readers, heard) in [(all, writers), (juliets, [writers[0]])] {
        for reader in readers {
          for writer in heard {
            try reader.waitUntilSeen(#require(writer.acknowledged.last))
            #expect(writer.complaints(about: reader.contents).isEmpty, "\(reader.kind), CRASH_SEED=\(seed)")
          }
        }
      }
      let count = writers.map(\.acknowledged.count).reduce(0, +)
      print(
        "figure: \(store), \(rounds) kills, \(count) acknowledged posts of 3 writers at once, \(all.count + juliets.count) readers"
      )
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
      try Person.juliet.publish("before it", through: server.front)
      let cursor = try Notifications.cursor(server.front)
      try server.process.stop()

      let writer = LedgerWriter(.juliet)
      let tracing = Tracing.kill(at: call, number)
      // With a low number it may die before it is ready.
      if let traced = try? Standalone(data: server.data, launcher: tracing) {
        writer.post(through: traced.front, atMost: 40)
        let wasKilled = (try? traced.process.waitForEnd(within: .seconds(5))) != nil
        #expect(wasKilled, "40 posts made no \(number) calls of \(call) in any thread")
        if !wasKilled { try traced.process.kill() }
      }

      print("figure: killed at \(call) \(number), after \(writer.acknowledged.count) acknowledged posts")

      server = try Standalone(data: server.data)
      // Something to end the poll with, where nothing was acknowledged.
      #expect(writer.post(through: server.front, atMost: 1))
      let answer = try server.front.exchange(Notifications.poll(since: cursor))
      #expect(writer.complaints(about: try Notifications.contents(answer)).isEmpty)
      let feed = try server.front.exchange(HTTPRequest("GET", Person.juliet.feed + "?max=100", [Notifications.json]))
      let entries = try #require(try feed.json() as? [[String: Any]])
      let stored = entries.compactMap { $0["content"] as? String }.reversed()
      #expect(writer.complaints(about: Array(stored)).isEmpty)
    }

    /// Where a reader of this kind begins.
    static func start(of kind: CursorReader.Kind, _ front: Front) throws -> String {
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
