import Foundation
import TestKit
import Testing

/// A running `buddycloud serve`, with data of its own, on ports that the system picked.
final class Standalone {
  /// Where people connect: the embedded edge.
  let web: Address
  /// The API itself, paths without prefix.
  let api: Address
  /// The process, or the one that it runs under.
  let process: ChildProcess
  /// Where it keeps its data.
  let data: TemporaryFolder

  /// Starts it and waits until it says that it is ready.
  ///
  /// - Parameters:
  ///   - data: of a server that ran before.
  ///   - configuration: lines of its YAML file.
  ///   - listen, apiListen: ports that are not for the system to pick.
  ///   - launcher: a program and its arguments that start it.
  init(
    data: TemporaryFolder? = nil, configuration: String = "", listen: Address? = nil, apiListen: Address? = nil,
    options: [String] = [], launcher: [String] = [], within duration: Duration = .seconds(60)
  ) throws {
    self.data = try data ?? TemporaryFolder()
    process = try Self.launch(
      self.data, configuration: configuration, listen: listen, apiListen: apiListen, options: options,
      launcher: launcher)
    let ready = process.log.firstValue(within: duration) { line -> [Address]? in
      guard line.contains("buddycloud is ready") else { return nil }
      return line.matches(of: #/http://[0-9.]+:[0-9]+/#).compactMap { Address(url: $0.output) }
    }
    guard let ready, ready.count >= 2 else {
      throw TestFailure(
        "the server did not say that it is ready (\(String(describing: process.endingSoFar)))\n\(process.log.tail(40))")
    }
    (web, api) = (ready[0], ready[1])
  }

  /// Starts it and does not wait.
  static func launch(
    _ data: TemporaryFolder, configuration: String = "", listen: Address? = nil, apiListen: Address? = nil,
    options: [String] = [], launcher: [String] = []
  ) throws -> ChildProcess {
    let file = try data.write("buddycloud.yaml", configuration + "\n")
    let any = "127.0.0.1:0"
    let command =
      launcher + [
        try Products.path("buddycloud"), "serve", "--config", file, "--data-dir", data.file("data"),
        "--listen", listen?.description ?? any, "--api-listen", apiListen?.description ?? any, "--control-listen", any,
      ] + options
    return try ChildProcess(command[0], Array(command.dropFirst()))
  }

  /// The API as clients reach it: through the embedded edge.
  var front: Front { Front(name: "embedded edge", address: web, prefix: "/api") }

  /// The API without anything in front of it.
  var direct: Front { Front(name: "API alone", address: api, prefix: "") }
}

/// A way to the API: itself, or a proxy in front of it.
struct Front: CustomStringConvertible {
  var name: String
  var address: Address
  var prefix: String

  var description: String { name }

  /// One request on a connection of its own.
  func exchange(_ request: HTTPRequest, within duration: Duration = .seconds(30)) throws -> HTTPResponse {
    try HTTPConnection.exchange(address, prefixed(request), within: duration)
  }

  /// The request with the path as this way needs it.
  func prefixed(_ request: HTTPRequest) -> HTTPRequest {
    var request = request
    request.target = prefix + request.target
    return request
  }

  /// Opens an event stream.
  func events(_ target: String, _ fields: HeaderFields = []) throws -> EventStream {
    try EventStream(address, prefix + target, fields)
  }
}

/// Who does what in the tests.
struct Person {
  var name: String
  var password = "wherefore art thou"

  /// Their channel's posts node in a path.
  var feed: String { "/\(name)@localhost/content/posts" }

  /// The field that says who they are.
  var credentials: (name: String, value: String) {
    ("Authorization", "Basic " + Data("\(name):\(password)".utf8).base64EncodedString())
  }

  /// Makes the account.
  func register(_ front: Front) throws {
    let body = #"{"username":"\#(name)","password":"\#(password)","email":"\#(name)@verona.example"}"#
    let answer = try front.exchange(
      HTTPRequest("POST", "/account", [("Content-Type", "application/json")], body: body))
    try #require(answer.status == 200, "\(answer.text)")
  }

  /// A request that posts a text to a channel's posts; to their own where none is named.
  func post(_ content: String, to feed: String? = nil) throws -> HTTPRequest {
    let body = try JSONSerialization.data(withJSONObject: ["content": content])
    return HTTPRequest(
      "POST", feed ?? self.feed, [credentials, ("Content-Type", "application/json")],
      body: String(decoding: body, as: UTF8.self))
  }

  /// Posts, which must succeed; returns the entry's id.
  @discardableResult func publish(_ content: String, to feed: String? = nil, through front: Front) throws -> String {
    let answer = try front.exchange(post(content, to: feed))
    try #require(answer.status == 201, "\(answer.text)")
    return try #require(try answer.object()["id"] as? String)
  }
}

extension Person {
  static let juliet = Person(name: "juliet")
  static let romeo = Person(name: "romeo")
}

/// The realtime resource of the API.
enum Notifications {
  static let json = ("Accept", "application/json")
  static let atom = ("Accept", "application/atom+xml")

  /// Asks where the queue stands now.
  static func cursor(_ front: Front, node: String? = nil, _ fields: HeaderFields = []) throws -> String {
    let target = "/notifications/posts?since=" + (node.map { "&node=\($0)" } ?? "")
    let answer = try front.exchange(HTTPRequest("GET", target, HeaderFields([json] + fields.list)))
    try #require(answer.status == 200, "\(answer.text)")
    return try #require(try answer.object()["last_cursor"] as? String)
  }

  /// A long-poll from a cursor on.
  static func poll(
    since cursor: String, node: String? = nil, accept: (String, String) = json, _ fields: HeaderFields = []
  ) -> HTTPRequest {
    HTTPRequest(
      "GET", "/notifications/posts?since=cursor:\(cursor)" + (node.map { "&node=\($0)" } ?? ""),
      HeaderFields([(name: accept.0, value: accept.1)] + fields.list))
  }

  /// The contents of the items of an answer, in their order.
  static func contents(_ answer: HTTPResponse) throws -> [String] {
    let items = try #require(try answer.object()["items"] as? [[String: Any]])
    return items.compactMap { $0["content"] as? String }
  }
}

extension HTTPConnection {
  /// Whether nothing arrives for a while: what is expected of a request that is held.
  func isQuiet(for duration: Duration = .milliseconds(400)) -> Bool {
    (try? readHead(within: duration)) == nil
  }
}
