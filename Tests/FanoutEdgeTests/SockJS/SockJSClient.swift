import FanoutEdge
import NIOCore

/// A SockJS client that polls, by hand: each request on a connection of its own.
struct SockJSClient {
  /// A response.
  struct Response: Equatable {
    var head: String
    var body: String

    init(_ text: String) {
      let parts = text.components(separatedBy: "\r\n\r\n")
      head = parts[0]
      body = parts.dropFirst().joined(separator: "\r\n\r\n")
    }

    var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }

    func field(_ name: String) -> String? {
      for line in head.components(separatedBy: "\r\n").dropFirst() {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2, parts[0].lowercased() == name.lowercased() { return String(parts[1].drop { $0 == " " }) }
      }
      return nil
    }
  }

  let port: Int
  var base = "/sj"
  var session = "s1"

  /// Sends a request and does not wait.
  func begin(_ method: String, _ path: String, _ lines: [String] = [], body: String? = nil) async throws -> RawClient {
    let client = try await RawClient.connect(port: port)
    let length = body.map { ["Content-Length: \($0.utf8.count)"] } ?? []
    let head = ["\(method) \(path) HTTP/1.1", "Host: a.test", "Connection: close"] + lines + length
    try await client.send(head.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
    return client
  }

  /// Sends a request and reads its answer.
  func ask(_ method: String, _ path: String, _ lines: [String] = [], body: String? = nil) async throws -> Response {
    try await Self.answer(to: try await begin(method, path, lines, body: body))
  }

  static func answer(to client: RawClient) async throws -> Response {
    let text = try await client.receiveAll(seconds: 30)
    await client.close()
    return Response(text)
  }

  func beginPoll(_ lines: [String] = []) async throws -> RawClient {
    try await begin("POST", "\(base)/000/\(session)/xhr", lines, body: "")
  }

  func poll(_ lines: [String] = []) async throws -> Response { try await Self.answer(to: try await beginPoll(lines)) }

  func send(_ body: String) async throws -> Response {
    try await ask("POST", "\(base)/001/\(session)/xhr_send", ["Content-Type: text/plain"], body: body)
  }

  /// Polls until a response's body satisfies the test; what came, line by line.
  func poll(until test: (String) -> Bool) async throws -> [String] {
    var bodies: [String] = []
    for _ in 0..<1000 {
      let body = try await poll().body
      bodies.append(body)
      if test(body) { return bodies }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw RawClient.Timeout(received: bodies.suffix(5).joined())
  }
}
