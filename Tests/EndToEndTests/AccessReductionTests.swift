import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// Who loses the right to read stops hearing at once, not when the stream's hour is over.
  @Suite("Losing the right to read") struct AccessReductionTests {
    private let server: Standalone
    private let node = "juliet@localhost/posts"

    init() throws {
      server = try Standalone()
      for person in [Person.juliet, .romeo] { try person.register(server.front) }
    }

    /// The two ways to hold: the proxy does, or the API itself.
    private var fronts: [Front] { [server.front, server.direct] }

    private func change(_ path: String, _ body: String) throws {
      let answer = try server.front.exchange(
        HTTPRequest(
          "POST", path, [Person.juliet.credentials, ("Content-Type", "application/json")], body: body))
      try #require(answer.status == 200, "\(answer.text)")
    }

    /// Reads to the end, which has to come; gives all data on the way.
    private func rest(of stream: EventStream) throws -> String {
      var data = ""
      while let event = try stream.next() { data += event.data }
      return data
    }

    @Test func `a ban ends the streams of who is banned, and nobody else's`() throws {
      let target = "/notifications/posts?node=\(node)"
      let theirs = try fronts.map { try $0.events(target, [Person.romeo.credentials]) }
      let others = try fronts.map { try $0.events(target) }
      let poll = Notifications.poll(
        since: try Notifications.cursor(server.front, node: node), node: node, [Person.romeo.credentials])
      let polls = try fronts.map { front in
        let connection = try HTTPConnection(to: front.address)
        try connection.send(front.prefixed(poll))
        #expect(connection.isQuiet())
        return connection
      }
      try change("/juliet@localhost/subscribers/posts", #"{"romeo@localhost":"outcast"}"#)
      for stream in theirs { #expect(try rest(of: stream) == "") }
      for connection in polls { #expect(try connection.readResponse().status == 403) }
      try Person.juliet.publish("without romeo", through: server.front)
      for stream in others {
        var event = try stream.next()
        while event?.data == "" { event = try stream.next() }
        #expect(event?.data.contains("without romeo") == true)
      }
      for front in fronts {
        #expect(try front.exchange(HTTPRequest("GET", target, [Person.romeo.credentials])).status == 403)
      }
    }

    @Test func `a channel that closes ends the streams of strangers`() throws {
      let target = "/notifications/posts?node=\(node)"
      let strangers =
        try fronts.map { try $0.events(target) } + fronts.map { try $0.events(target, [Person.romeo.credentials]) }
      let poll = Notifications.poll(since: try Notifications.cursor(server.front, node: node), node: node)
      let polls = try fronts.map { front in
        let connection = try HTTPConnection(to: front.address)
        try connection.send(front.prefixed(poll))
        #expect(connection.isQuiet())
        return connection
      }
      try change("/juliet@localhost/metadata/posts", #"{"access_model":"authorize"}"#)
      try Person.juliet.publish("among friends", through: server.front)
      for stream in strangers { #expect(try !rest(of: stream).contains("among friends")) }
      for connection in polls { #expect(try connection.readResponse().status == 401) }
    }

    @Test func `an account that goes takes its streams along`() throws {
      let streams = try fronts.map { try $0.events("/notifications/posts", [Person.romeo.credentials]) }
      let polls = try fronts.map { front in
        let connection = try HTTPConnection(to: front.address)
        let poll = Notifications.poll(since: "0", [Person.romeo.credentials])
        try connection.send(front.prefixed(poll))
        #expect(connection.isQuiet())
        return connection
      }
      let answer = try server.front.exchange(HTTPRequest("DELETE", "/account", [Person.romeo.credentials]))
      try #require(answer.status == 200, "\(answer.text)")
      for stream in streams { #expect(try rest(of: stream) == "") }
      for connection in polls { #expect(try connection.readResponse().status == 401) }
    }
  }
}
