import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("Items that are published while a long-poll is on its way to the origin") struct PollsInFlightTests {
    /// A thousand polls of one channel, asked again by each item: it takes far longer until all are held again than until the
    /// next item is published, so that each item meets some that are at their origin, or on the way there and back.
    @Test func `a thousand polls that come back all the time miss nothing where items have ids`() throws {
      let origin = try Address.free()
      let edge = try EdgeProcess(origin: origin)
      let result = try Command.result(
        try Products.path("fanout"),
        ["bench", "--type", "long-poll", "--target", "http://\(edge.address)/?channel={channel}&last={last}"]
          + ["--control", "http://\(edge.control)", "--origin", "\(origin)", "--connections", "1000"]
          + ["--messages", "30", "--rate", "20", "--timeout", "2m", "--json"],
        deadline: .seconds(300))
      let line = result.output.split(separator: "\n").last { $0.hasPrefix("{") } ?? ""
      let found = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(found["isClean"] as? Bool == true, "\(line)\n\(edge.process.log.tail(10))")
      #expect(found["delivered"] as? Int == 30_000)
      #expect(found["closedEarly"] as? Int == 0)
      // Some came too late to be held at the place that they named, and were sent to the origin once more.
      let metrics = try HTTPConnection.exchange(edge.control, HTTPRequest("GET", "/metrics")).text
      let retries = metrics.split(separator: "\n").first {
        $0.hasPrefix(#"fanout_retries_total{reason="missed-item"}"#)
      }
      print("figure: 30,000 deliveries to 1,000 polls in flight, none lost; \(retries ?? "no retries told")")
    }
  }
}
