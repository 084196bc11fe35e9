import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("One post is one publish for each format and proxy") struct FanOutTests {
    /// A second proxy that only counts what it is sent.
    final class Recorder {
      let double: HTTPDouble

      init() throws { double = try HTTPDouble { _ in .response(status: 200, body: "Published\n") } }

      /// The option that makes the API publish to it.
      var options: [String] { ["--grip-proxies", #"[{"key":"a key","controlUri":"http://\#(double.address)"}]"#] }

      /// The items published so far, in order.
      func items() throws -> [[String: Any]] { try double.requests.flatMap(Self.items) }

      /// Waits until an item with this content has come for a channel whose name ends so.
      func wait(for content: String, on suffix: String) throws {
        try double.waitForRequests { requests in
          requests.contains { request in
            request.text.contains(content)
              && ((try? Self.items(request)) ?? []).contains { ($0["channel"] as? String)?.hasSuffix(suffix) == true }
          }
        }
      }

      private static func items(_ request: HTTPDouble.Request) throws -> [[String: Any]] {
        let object = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
        return object?["items"] as? [[String: Any]] ?? []
      }
    }

    @Test func `a thousand long-pollers and a thousand streams cost as many publishes as none`() throws {
      let recorder = try Recorder()
      let server = try Standalone(options: recorder.options)
      try Person.juliet.register(server.front)
      let node = "juliet@localhost/posts"
      let gripNode = "np-node-juliet@localhost.posts"

      // Nobody listens: this is what one post costs.
      try Person.juliet.publish("to an empty house", through: server.front)
      try recorder.wait(for: "to an empty house", on: "-atom")
      let before = try recorder.items()

      let cursor = try Notifications.cursor(server.front, node: node)
      let pollers = Swarm(address: server.web)
      let streams = Swarm(address: server.web)
      defer {
        pollers.close()
        streams.close()
      }
      let poll = server.front.prefixed(Notifications.poll(since: cursor, node: node))
      try pollers.open(1000, request: poll.bytes(host: "localhost"))
      let stream = server.front.prefixed(
        HTTPRequest(
          "GET", "/notifications/posts?node=\(node)",
          [("Accept", "text/event-stream"), ("Last-Event-ID", cursor)]))
      try streams.open(1000, request: stream.bytes(host: "localhost"))
      try streams.wait { $0.has(Array("\r\n\r\n".utf8)) }
      pollers.drain()
      #expect(pollers.members.allSatisfy { $0.byteCount == 0 })

      let start = ContinuousClock.now
      try Person.juliet.publish("to a full house", through: server.front)
      let needle = Array("to a full house".utf8)
      try pollers.wait { $0.has(needle) }
      try streams.wait { $0.has(needle) }
      print("figure: one post reached 2,000 listeners within \(ContinuousClock.now - start)")

      for member in pollers.members { #expect(member.text.ranges(of: "to a full house").count == 1) }
      for member in streams.members { #expect(member.text.ranges(of: "to a full house").count == 1) }
      try recorder.wait(for: "to a full house", on: "-atom")
      let after = try recorder.items().dropFirst(before.count)

      // The same channels as for nobody, each once.
      let channels = after.compactMap { $0["channel"] as? String }
      #expect(channels.sorted() == before.compactMap { $0["channel"] as? String }.sorted())
      #expect(channels.filter { $0.hasPrefix(gripNode) }.sorted() == ["\(gripNode)-atom", "\(gripNode)-json"])
      for item in after {
        let formats = try #require(item["formats"] as? [String: Any])
        let isJSON = (item["channel"] as? String)?.hasSuffix("-json") == true
        #expect(Set(formats.keys) == (isJSON ? ["http-response", "http-stream"] : ["http-response"]))
      }
    }

    @Test func `ids grow, and each item names the one before it on its channel`() throws {
      let recorder = try Recorder()
      let server = try Standalone(options: recorder.options)
      try Person.juliet.register(server.front)
      for number in 1...5 { try Person.juliet.publish("post \(number)", through: server.front) }
      try recorder.wait(for: "post 5", on: "-atom")
      var last: [String: Int] = [:]
      for item in try recorder.items() {
        let channel = try #require(item["channel"] as? String)
        let id = try #require((item["id"] as? String).flatMap { Int($0) })
        let previous = try #require((item["prev-id"] as? String).flatMap { Int($0) })
        #expect(previous == last[channel] ?? 0, "\(channel)")
        #expect(id > previous)
        last[channel] = id
      }
      #expect(!last.isEmpty)
    }

    @Test func `a proxy that was away gets everything, in order, when it is back`() throws {
      let address = try Address.free()
      let proxies = #"[{"key":"a key","controlUri":"http://\#(address)"}]"#
      let server = try Standalone(options: ["--grip-proxies", proxies])
      try Person.juliet.register(server.front)
      for number in 1...3 { try Person.juliet.publish("while it is away \(number)", through: server.front) }
      let double = try HTTPDouble(at: address) { _ in .response(status: 200, body: "Published\n") }
      try double.waitForRequests(within: .seconds(60)) { requests in
        requests.contains { $0.text.contains("while it is away 3") }
      }
      let all = double.requests.map(\.text).joined()
      let places = (1...3).map { all.firstRange(of: "while it is away \($0)")?.lowerBound }
      #expect(places.allSatisfy { $0 != nil })
      #expect(places.compactMap { $0 } == places.compactMap { $0 }.sorted())
    }
  }
}
