import Foundation
import TestKit
import Testing

extension PeerTests {
  /// django-eventstream and django-grip, unchanged, behind the edge.
  @Suite("Django behind the edge", .serialized) struct DjangoTests {
    /// A Django with the edge in front of it.
    final class Site {
      let edge: EdgeUnderTest
      private let process: ChildProcess
      private let folder: TemporaryFolder

      init() throws {
        try #require(Python.has("django_eventstream"), "make test installs it into .venv")
        let origin = try Address.free()
        edge = try EdgeUnderTest(routes: "* \(origin)\n", settings: ["sig_iss": "pushpin"])
        folder = try TemporaryFolder()
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "django_site.py").path
        let url = "http://\(edge.control)/?iss=pushpin&key=key%20of%20the%20house"
        process = try ChildProcess(Python.path, ["-u", script, "\(origin.port)", url, folder.path])
        guard process.log.firstValue(within: .seconds(90), match: { $0 == "ready" ? true : nil }) != nil else {
          throw TestFailure("Django did not start\n\(process.log.tail(30))")
        }
      }

      deinit { try? process.kill() }

      /// The events of a room, or of the clock.
      func events(_ path: String, _ fields: HeaderFields = []) throws -> EventStream {
        let stream = try EventStream(edge.address, path, fields)
        // After the padding, the first thing is that it is open.
        var event = try stream.next(within: .seconds(30))
        while let other = event, other.name != "stream-open" { event = try stream.next(within: .seconds(30)) }
        return stream
      }

      /// Says something in a room; `isLost` where the publish does not happen.
      func say(_ text: String, in room: String, isLost: Bool = false) throws {
        let answer = try HTTPConnection.exchange(
          edge.address,
          HTTPRequest(
            "POST", "/rooms/\(room)/\(isLost ? "lost" : "messages")/",
            [("Content-Type", "application/x-www-form-urlencoded")], body: "text=\(text)"))
        guard answer.status == 200 else { throw TestFailure("\(answer.status): \(answer.text.prefix(2000))") }
      }
    }

    /// The next event that is a message.
    private func message(_ stream: EventStream) throws -> EventStream.Event? {
      while let event = try stream.next(within: .seconds(60)) { if event.name == "message" { return event } }
      return nil
    }

    @Test func `a chat room's messages arrive, also those of the time between, and those whose publish was lost`()
      throws
    {
      let site = try Site()
      let first = try site.events("/rooms/verona/events/")
      try site.say("one", in: "verona")
      let one = try #require(try message(first))
      #expect(one.data == #"{"text": "one"}"#)
      #expect(one.id == "room-verona:1")
      try site.say("two", in: "verona")
      #expect(try message(first)?.id == "room-verona:2")
      first.close()
      try site.say("three", in: "verona")
      // Who comes back with the last id gets what was missed, once.
      let second = try site.events("/rooms/verona/events/", [("Last-Event-ID", one.id ?? "")])
      #expect(try message(second)?.data == #"{"text": "two"}"#)
      #expect(try message(second)?.data == #"{"text": "three"}"#)
      // A publish that never comes is found by the next one.
      try site.say("four", in: "verona", isLost: true)
      try site.say("five", in: "verona")
      #expect(try message(second)?.data == #"{"text": "four"}"#)
      #expect(try message(second)?.data == #"{"text": "five"}"#)
      #expect(try message(second, orNothingBefore: "six") { try site.say("six", in: "verona") })
    }

    /// Whether the very next message is the one that is sent now.
    private func message(_ stream: EventStream, orNothingBefore text: String, _ send: () throws -> Void) throws -> Bool
    {
      try send()
      return try message(stream)?.data == #"{"text": "\#(text)"}"#
    }

    @Test func `a clock's events come one after the other`() throws {
      let site = try Site()
      let stream = try site.events("/time/")
      var last: Int?
      for _ in 0..<8 {
        let event = try #require(try message(stream))
        let number = try #require(event.id.flatMap { Int($0.dropFirst("time:".count)) })
        #expect(last.map { $0 + 1 == number } ?? true, "\(number) after \(last ?? 0)")
        last = number
      }
    }

    /// Each of these streams has a next link of its own, because the token in its query is its own. A proxy that asks for
    /// ten links a second needs 50 seconds for them, meanwhile delivers nothing, and falls behind for good.
    @Test func `500 streams with 500 next links are all brought up to date`() throws {
      let site = try Site()
      let count = 500
      let streams = Swarm(address: site.edge.address)
      for number in 0..<count {
        let request = HTTPRequest("GET", "/rooms/verona/events/?token=\(number)").bytes(host: "verona")
        try streams.open(1, request: request)
        // A few at a time: Django has a thread for each.
        if number % 20 == 19 { try streams.wait(within: .seconds(60)) { $0.has(Array("stream-open".utf8)) } }
      }
      try site.say("one", in: "verona")
      try streams.wait(within: .seconds(60)) { $0.has(Array(#""one""#.utf8)) }
      try site.say("two", in: "verona", isLost: true)
      let start = ContinuousClock.now
      try site.say("three", in: "verona")
      try streams.wait(within: .seconds(120)) { $0.has(Array(#""three""#.utf8)) }
      print(
        "figure: \(count) streams with as many next links were brought up to date in \(ContinuousClock.now - start)")
      let wrong = streams.members.filter { member in
        let text = member.text
        return !["one", "two", "three"].allSatisfy { text.components(separatedBy: "\"\($0)\"").count == 2 }
      }
      #expect(
        wrong.isEmpty, "\(wrong.count) did not get each message once, as: \(wrong.first?.text.suffix(1000) ?? "")")
      // And they go on.
      try site.say("four", in: "verona")
      try streams.wait(within: .seconds(60)) { $0.has(Array(#""four""#.utf8)) }
    }
  }
}
