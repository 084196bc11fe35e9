import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("A slow or hostile client costs the others nothing") struct HostileClientsTests {
    /// An origin that holds: `/stream` on channel `news`; anything else is answered at once.
    static func origin() throws -> HTTPDouble {
      try HTTPDouble { request in
        request.target == "/stream"
          ? .response(status: 200, fields: [("Grip-Hold", "stream"), ("Grip-Channel", "news")], body: "welcome\n")
          : .response(status: 200, body: "plain\n")
      }
    }

    static let stream = HTTPRequest("GET", "/stream").bytes(host: "localhost")

    static func bytes(of edge: EdgeProcess) throws -> Int {
      try edge.workers.map { try ProcessFigures(of: $0).privateBytes }.reduce(0, +)
    }

    static func descriptors(of edge: EdgeProcess) throws -> Int {
      try edge.workers.map { try ProcessFigures(of: $0).descriptors }.reduce(0, +)
    }

    @Test func `a reader that never reads is bounded, and the others miss nothing`() throws {
      let origin = try Self.origin()
      let edge = try EdgeProcess(origin: origin.address)
      let readers = Swarm(address: edge.address, bound: 1024)
      try readers.open(50, request: Self.stream)
      try readers.wait { $0.has(Array("welcome\n".utf8)) }
      let deaf = try (0..<5).map { _ in
        let connection = try TCPConnection(to: edge.address)
        connection.setReceiveBuffer(bytes: 4096)
        try connection.send(Self.stream)
        _ = try connection.receive()
        return connection
      }
      let before = try Self.bytes(of: edge)
      // 80 MB for each of the deaf: far more than the kernel and any sensible queue take.
      let (messages, size) = (4000, 20_000)
      let content = String(repeating: "x", count: size)
      var peak = 0
      let start = ContinuousClock.now
      for number in 1...messages {
        try edge.publish(Publish.stream("news", content))
        try readers.wait { $0.byteCount >= number * size }
        if number % 500 == 0 { peak = max(peak, try Self.bytes(of: edge)) }
      }
      let duration = ContinuousClock.now - start
      try readers.wait { $0.byteCount >= messages * size }
      print(
        "figure: beside 5 readers that never read, 50 readers got \(messages) messages of \(size) bytes in \(duration);",
        "the edge grew by \((peak - before) / 1024) KiB")
      #expect(peak - before < 16_000_000, "what the deaf ones were not sent is \(5 * messages * size) bytes")
      withExtendedLifetime(deaf) {}
    }

    @Test func `headers of a byte a second end in an answer, and meanwhile others are served`() throws {
      let origin = try Self.origin()
      let edge = try EdgeProcess(origin: origin.address)
      var slow = try (0..<100).map { _ in try TCPConnection(to: edge.address) }
      let request = Array("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: \(String(repeating: "a", count: 500))\r\n".utf8)
      let start = ContinuousClock.now
      var slowest = Duration.zero
      for byte in request {
        // The pace of the attack, not a wait for anything.
        poll(nil, 0, 1000)
        slow = slow.filter { (try? $0.send([byte])) != nil && (try? $0.receive(within: .zero)) == nil }
        let asked = ContinuousClock.now
        let answer = try HTTPConnection.exchange(edge.address, HTTPRequest("GET", "/"))
        #expect(answer.text == "plain\n")
        slowest = max(slowest, ContinuousClock.now - asked)
        if slow.isEmpty || ContinuousClock.now - start > .seconds(75) { break }
      }
      print(
        "figure: 100 connections with headers of a byte a second were ended after \(ContinuousClock.now - start);",
        "the slowest of the others' requests took \(slowest)")
      #expect(slow.isEmpty, "\(slow.count) may go on for ever")
      // The origin never heard of them.
      #expect(origin.requests.allSatisfy { $0.fields["X-Long"] == nil })
    }

    @Test func `five thousand come and go while ten thousand are held`() throws {
      let origin = try Self.origin()
      let edge = try EdgeProcess(origin: origin.address)
      let idle = try Self.bytes(of: edge)
      let held = Swarm(address: edge.address, bound: 1024)
      defer { held.close() }
      let welcome = Array("welcome\n".utf8)
      try held.open(10_000, request: Self.stream, within: .seconds(240))
      try held.wait(within: .seconds(240)) { $0.has(welcome) }
      let before = try (bytes: Self.bytes(of: edge), descriptors: Self.descriptors(of: edge))

      for round in 0..<20 {
        let visitors = Swarm(address: edge.address, bound: 1024)
        try visitors.open(250, request: Self.stream)
        if round.isMultiple(of: 2) { try visitors.wait { $0.has(welcome) } }
        visitors.close(reset: round.isMultiple(of: 3))
      }
      // What the visitors had is given back: descriptors to the last one, memory but for what the allocator keeps.
      let deadline = Deadline(in: .seconds(60))
      while try Self.descriptors(of: edge) > before.descriptors + 16, !deadline.hasPassed { poll(nil, 0, 100) }
      let after = try (bytes: Self.bytes(of: edge), descriptors: Self.descriptors(of: edge))
      #expect(after.descriptors <= before.descriptors + 16)
      #expect(after.bytes - before.bytes < 40_000_000)

      held.forget()
      let start = ContinuousClock.now
      try edge.publish(Publish.stream("news", #"for all of you\n"#))
      try held.wait { $0.has(Array("for all of you\n".utf8)) }
      let each = (before.bytes - idle) / 10_000
      print(
        "figure: 10,000 held took \(each) bytes of the edge's memory each; after 5,000 had come and gone it had grown by",
        "\((after.bytes - before.bytes) / 1024) KiB; one message reached all within \(ContinuousClock.now - start)")
      #expect(held.members.allSatisfy { !$0.isEnded })
    }
  }
}
