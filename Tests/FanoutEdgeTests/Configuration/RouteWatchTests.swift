import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import FanoutEdge

@Suite("GRIP §3.1: the routes file is watched")
struct RouteWatchTests {
  private final class Taken: Sendable {
    let tables = Mutex<[[String]]>([])
    var all: [[String]] { tables.withLock { $0 } }

    func take(_ table: RouteTable) {
      tables.withLock { $0.append(table.routes.map(\.targets[0].description)) }
    }
  }

  private func watch(_ path: String, _ taken: Taken) -> RouteWatch {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return RouteWatch(
      path: path, since: FileStamp(path), interval: .seconds(1), logger: logger,
      read: { RouteSource(file: path).read() }, take: taken.take)
  }

  @Test func `a change is taken over a second after it was seen, whole, and only once`() throws {
    let file = try TemporaryFile("* a:1\n", suffix: ".routes")
    let taken = Taken()
    let watch = watch(file.path, taken)
    let loop = EmbeddedEventLoop()
    watch.start(on: loop)
    loop.advanceTime(by: .seconds(5))
    #expect(taken.all == [])
    try file.replace("* b:1\n")
    loop.advanceTime(by: .seconds(1))
    #expect(taken.all == [])
    // Still being written, at the same place.
    try file.overwrite("* b:1\nx c:1\n")
    loop.advanceTime(by: .seconds(1))
    #expect(taken.all == [["b:1", "c:1"]])
    loop.advanceTime(by: .seconds(5))
    #expect(taken.all.count == 1)
    watch.stop()
    try file.replace("* d:1\n")
    loop.advanceTime(by: .seconds(5))
    #expect(taken.all.count == 1)
    try loop.syncShutdownGracefully()
  }

  @Test func `good lines of a bad file are used, a file without any or none at all changes nothing`() throws {
    let file = try TemporaryFile("* a:1\n", suffix: ".routes")
    let taken = Taken()
    let watch = watch(file.path, taken)
    func change(_ body: () throws -> Void) rethrows {
      try body()
      watch.look()
      watch.look()
    }
    try change { try file.replace("nonsense\n* b:1\n* c:1,colour\n") }
    #expect(taken.all == [["b:1"]])
    try change { try file.replace("nonsense\n") }
    change { file.remove() }
    #expect(taken.all.count == 1)
    try change { try file.replace("* d:1\n") }
    #expect(taken.all.last == ["d:1"])
    watch.reload()
    #expect(taken.all.count == 3)
  }

  @Test func `what changed between reading the routes and the first look counts`() throws {
    let file = try TemporaryFile("* a:1\n", suffix: ".routes")
    let stamp = FileStamp(file.path)
    try file.replace("* b:1\n")
    let taken = Taken()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let watch = RouteWatch(
      path: file.path, since: stamp, interval: .seconds(1), logger: logger,
      read: { [path = file.path] in RouteSource(file: path).read() }, take: taken.take)
    watch.look()
    watch.look()
    #expect(taken.all == [["b:1"]])
  }

  @Test func `a hundred new files under load disturb nothing that is held and lose nothing`() async throws {
    try await WholeEdge.run(
      origin: { _ in .bytes(response(200, ["Grip-Hold: stream", "Grip-Channel: c"], body: "open\n")) },
      { whole in
        let line = "* 127.0.0.1:\(whole.origin.port)"
        let file = try TemporaryFile(line + "\n", suffix: ".routes")
        let reloads = Mutex(0)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let watch = RouteWatch(
          path: file.path, since: FileStamp(file.path), interval: .seconds(1), logger: logger,
          read: { [path = file.path] in RouteSource(file: path).read() },
          take: { [edge = whole.edge] table in
            edge.reload(routes: table)
            reloads.withLock { $0 += 1 }
          })
        var clients: [RawClient] = []
        for count in 1...20 { clients.append(try await whole.holding(WholeEdge.get("/"), count: count)) }
        for round in 1...100 {
          try file.replace("\(line)\nhost\(round).test \(line.dropFirst(2))\n")
          try whole.publish("c", "item \(round)")
          watch.look()
          watch.look()
          let client = try await RawClient.connect(port: whole.port)
          try await client.send("GET / HTTP/1.1\r\nHost: host\(round).test\r\n\r\n")
          clients.append(client)
          _ = try await client.receive(until: "open\n", seconds: 20)
        }
        try whole.publish("c", "the end")
        for client in clients {
          _ = try await client.receive(until: "the end\n", seconds: 20)
        }
        let first = try await clients[0].receive(until: "the end\n", seconds: 20)
        for round in 1...100 { #expect(first.contains("item \(round)\n")) }
        #expect(reloads.withLock { $0 } == 100)
        #expect(await whole.edge.counters().held == 120)
      })
  }
}
