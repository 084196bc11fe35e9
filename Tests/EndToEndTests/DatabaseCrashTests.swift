import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("A killed database server loses nothing that was acknowledged") struct DatabaseCrashTests {
    @Test func `every reader sees each acknowledged post exactly once, and who posts meanwhile is told at once`() throws
    {
      let database = try PostgreSQLServer()
      let server = try Standalone(
        options: ["--store", database.url(), "--postgresql-max-reconnect-delay", "200ms"])
      let writers = [Person.juliet, .romeo, Person(name: "nurse")].map(LedgerWriter.init)
      for writer in writers { try writer.person.register(server.front) }
      let current = CurrentServer()
      defer { current.end() }
      current.move(to: server.front)
      let readers = try [CursorReader.Kind.poll(node: nil, nil), .stream(node: nil)].map { kind in
        CursorReader(kind, from: try CrashTests.start(of: kind, server.front), of: current)
      }

      let rounds = 8
      for round in 1...rounds {
        let isUp = writers[0].post(through: server.front, atMost: 3)
        #expect(isUp)
        let isKilled = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
          poll(nil, 0, Int32(50 * round))
          try? database.kill()
          isKilled.signal()
        }
        // Until the first answer that is no 201.
        LedgerWriter.storm(writers, through: server.front)
        let answer = try server.front.exchange(Person.juliet.post("while it is away"), within: .seconds(20))
        #expect(answer.status == 503, "\(answer.text)")
        isKilled.wait()
        try database.start()
        let deadline = Deadline(in: .seconds(30))
        while !writers[0].post(through: server.front, atMost: 1) {
          if deadline.hasPassed { throw TestFailure("it never came back\n\(server.process.log.tail(20))") }
        }
      }
      for writer in writers {
        #expect(writer.post(through: server.front, atMost: 1))
        for reader in readers {
          try reader.waitUntilSeen(#require(writer.acknowledged.last))
          #expect(writer.complaints(about: reader.contents).isEmpty, "\(reader.kind)")
        }
      }
      let log = server.process.log.text
      #expect(log.contains("the database can't be reached; it is tried again"))
      #expect(log.contains("the database can be reached again"))
      print(
        "figure: \(rounds) kills of PostgreSQL, \(writers.map(\.acknowledged.count).reduce(0, +)) acknowledged posts")
    }
  }
}
