import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("Routes and certificates change under ten thousand connections") struct ReloadTests {
    /// Connections of one kind, held by a `fanout bench` that publishes to them and is their origin: it knows of each what it
    /// should have got. It publishes when the message before has reached everybody, so that a slow machine only takes longer.
    private final class Crowd {
      let name: String
      let count: Int
      /// The line of the routes file that leads to its origin.
      let route: String
      private let words: [String]
      private let scheme: String
      private(set) var bench: ChildProcess?

      /// - Parameters:
      ///   - rate: messages in a second, over all channels.
      ///   - scheme: of the target.
      ///   - target: what the route says of its target.
      init(
        _ name: String, _ count: Int, channels: Int, rate: Int, _ words: [String], scheme: String = "http",
        target: String = ""
      ) throws {
        let origin = try Address.free()
        (self.name, self.count, self.scheme) = (name, count, scheme)
        route = "*,path_beg=/\(name) \(origin)\(target)\n"
        self.words =
          ["--origin", "\(origin)", "--connections", "\(count)", "--channels", "\(channels)", "--rate", "\(rate)"]
          + ["--messages", "1000000", "--window", "1", "--timeout", "4m", "--progress", "--json"] + words
      }

      func start(front: Address, control: Address) throws {
        bench = try ChildProcess(
          try Products.path("fanout"),
          ["bench", "--target", "\(scheme)://\(front)/\(name)?channel={channel}&last={last}", "--control"]
            + ["http://\(control)"] + words)
      }

      /// Waits until all are open and the first message is out.
      func waitUntilPublishing() throws {
        let line = bench?.log.firstValue(within: .seconds(240)) { line in
          line.contains(" of 1000000 published") && !line.contains(" 0 of 1000000 published") ? line : nil
        }
        guard let line, line.contains("\(count) of \(count) open") else {
          throw TestFailure("\(name) is not open\n\(bench?.log.tail(5) ?? "")")
        }
      }

      /// Ends publishing, waits for what is on its way, and gives what the bench found.
      func finish() throws -> [String: Any] {
        guard let bench else { return [:] }
        _ = try bench.waitForEnd(within: .seconds(240))
        let line = bench.log.text.split(separator: "\n").last { $0.hasPrefix("{") } ?? ""
        return try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
      }
    }

    private func metric(_ name: String, of edge: EdgeProcess) throws -> Int {
      let text = try HTTPConnection.exchange(edge.control, HTTPRequest("GET", "/metrics")).text
      let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
      return try #require(line?.split(separator: " ").last.flatMap { Int($0) }, "\(name)")
    }

    /// Looks until something is so.
    private func wait(for what: String, _ edge: EdgeProcess, until isSo: () throws -> Bool) throws {
      let deadline = Deadline(in: .seconds(120))
      while try !isSo() {
        guard !deadline.hasPassed else { throw TestFailure("not in time: \(what)\n\(edge.process.log.tail(20))") }
        poll(nil, 0, 50)
      }
    }

    private func write(_ certificate: TestCertificate, port: UInt16, to edge: EdgeProcess) throws {
      try edge.folder.write("runner/certs/default_\(port).crt", certificate.chain)
      try edge.folder.write("runner/certs/default_\(port).key", certificate.key)
    }

    private static let kinds = [
      "stream": 4_300 + 2_000 + 150 + 500, "long-poll": 1_000, "websocket": 1_000 + 1_000 + 50,
    ]

    @Test func `a hundred times, and of 10,000 none closes and none misses a message`() throws {
      let secure = try Address.free()
      let (reliable, believing) = (["--reliable"], ["--insecure"])
      let plain = try Crowd("plain", 2_000, channels: 2, rate: 1, ["--type", "sse"])
      let others = [
        try Crowd("streams", 4_300, channels: 4, rate: 1, reliable),
        try Crowd("polls", 1_000, channels: 4, rate: 1, ["--type", "long-poll"]),
        try Crowd("sockets", 1_000, channels: 2, rate: 1, reliable + ["--type", "websocket"]),
        try Crowd("over", 1_000, channels: 2, rate: 1, reliable + ["--type", "websocket"], target: ",over_http"),
        try Crowd("tls", 150, channels: 1, rate: 1, reliable + believing + ["--type", "sse"], scheme: "https"),
        try Crowd("wss", 50, channels: 1, rate: 1, reliable + believing + ["--type", "websocket"], scheme: "wss"),
        try Crowd(
          "h2", 500, channels: 2, rate: 1, reliable + believing + ["--http2", "--streams", "20"], scheme: "https"),
      ]
      let crowds = [plain] + others
      let routes = crowds.map(\.route).joined()
      let first = TestCertificate.montague
      let edge = try EdgeProcess(
        origin: secure, routes: routes, runner: "https_ports=\(secure)",
        files: [
          "runner/certs/default_\(secure.port).crt": first.chain, "runner/certs/default_\(secure.port).key": first.key,
        ])
      let start = ContinuousClock.now
      // Those without ids come first, as long as it is quiet: for them the proxy must listen before they are told.
      for crowd in [[plain], others] {
        for crowd in crowd {
          let isSecure = ["tls", "wss", "h2"].contains(crowd.name)
          try crowd.start(front: isSecure ? secure : edge.address, control: edge.control)
        }
        for crowd in crowd { try crowd.waitUntilPublishing() }
      }
      print("figure: 10,000 of \(crowds.count) kinds were open within \(ContinuousClock.now - start)")
      #expect(try metric(#"fanout_held{transport="stream"}"#, of: edge) == Self.kinds["stream"])
      #expect(try metric(#"fanout_held{transport="websocket"}"#, of: edge) == Self.kinds["websocket"])

      let reloading = ContinuousClock.now
      for number in 1...100 {
        let published = try metric("fanout_published_items_total", of: edge)
        try edge.folder.write("routes", "probe-\(number).test test\n" + routes)
        try write(number.isMultiple(of: 2) ? .capulet : .montague, port: secure.port, to: edge)
        edge.process.signal(SIGHUP)
        try wait(for: "routes \(number)", edge) {
          let fields: HeaderFields = [("Host", "probe-\(number).test")]
          return try HTTPConnection.exchange(edge.address, HTTPRequest("GET", "/", fields)).text.hasPrefix("Hello")
        }
        try wait(for: "publishing after reload \(number)", edge) {
          try metric("fanout_published_items_total", of: edge) > published
        }
      }
      let duration = ContinuousClock.now - reloading
      let shown = try Command.run(
        Python.path, ["-c", "import ssl; print(ssl.get_server_certificate(('127.0.0.1', \(secure.port))))"]
      ).output
      #expect(
        shown.trimmingCharacters(in: .newlines) == TestCertificate.capulet.chain.trimmingCharacters(in: .newlines))
      #expect(try metric("fanout_routes", of: edge) == crowds.count + 1)

      for crowd in crowds { crowd.bench?.signal(SIGINT) }
      var delivered = 0
      for crowd in crowds {
        let found = try crowd.finish()
        #expect(found["isClean"] as? Bool == true, "\(crowd.name): \(found)\n\(edge.process.log.tail(10))")
        #expect(found["opened"] as? Int == crowd.count, "\(crowd.name): \(found)")
        #expect(found["closedEarly"] as? Int == 0, "\(crowd.name): \(found)")
        delivered += found["delivered"] as? Int ?? 0
      }
      #expect(delivered >= 10_000)
      print(
        "figure: during 100 reloads of routes and certificates in \(duration) \(delivered) messages were delivered, none",
        "lost, repeated or out of order; \(try metric("fanout_gaps_total", of: edge)) gaps were closed")
      #expect(try edge.process.stop(within: .seconds(60)) == .exited(0))
    }
  }
}
