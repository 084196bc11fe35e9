import Foundation
import TestKit

/// Streams that listen to channels before the scenarios do.
///
/// **Why**: a second after a channel has got its first listener, Pushpin asks the origin again for every long-poll and every
/// reliable stream on it. So that this happens to no scenario, somebody else is the first listener. That it is over is seen
/// at long-polls on the same channels: when they are asked again, the origin answers them.
final class Warmth: @unchecked Sendable {
  /// The route that leads to its origin.
  var route: String { "warmth.test \(origin.address)" }
  private let origin: HTTPDouble
  private var streams: [HTTPConnection] = []

  init() throws {
    let polls = Polls()
    origin = try HTTPDouble { request in
      if request.target == "/probe" { return .response(status: 200) }
      // The channels are in the query, 20 of them at most.
      let names = request.target.split(separator: "?").last.map(String.init) ?? ""
      let channels = names.split(separator: ",").map { (name: "Grip-Channel", value: String($0)) }
      if request.target.hasPrefix("/stream") {
        return .response(status: 200, fields: HeaderFields([("Grip-Hold", "stream")] + channels), body: "warm\n")
      }
      guard polls.isFirst(names) else { return .response(status: 200, body: "asked again\n") }
      return .response(
        status: 200, fields: HeaderFields([("Grip-Hold", "response"), ("Grip-Timeout", "60")] + channels))
    }
  }

  /// A stream that listens. Pushpin that has only just started may end a connection without a word: then another one is made.
  private func stream(_ names: String, at proxy: any ProxyUnderTest, attempts: Int = 3) throws -> HTTPConnection {
    do {
      let client = try HTTPConnection(to: proxy.address, host: "warmth.test")
      try client.send(HTTPRequest("GET", "/stream?\(names)"))
      _ = try client.readHead()
      _ = try client.readChunk()
      return client
    } catch {
      guard attempts > 1 else { throw error }
      return try stream(names, at: proxy, attempts: attempts - 1)
    }
  }

  /// Listens to all of these. With `updates`, waits until they have been asked again.
  func listen(to channels: [String], at proxy: any ProxyUnderTest, updates: Bool) throws {
    var polls: [HTTPConnection] = []
    for start in stride(from: 0, to: channels.count, by: 20) {
      let names = channels[start..<min(start + 20, channels.count)].joined(separator: ",")
      streams.append(try stream(names, at: proxy))
      guard updates else { continue }
      polls.append(try HTTPConnection(to: proxy.address, host: "warmth.test"))
      try polls.last?.send(HTTPRequest("GET", "/poll?\(names)"))
    }
    for poll in polls {
      guard try poll.readResponse().text == "asked again\n" else { throw TestFailure("a channel did not get warm") }
    }
  }
}

/// Which long-polls have been there. `@unchecked Sendable`: touched under `lock` only.
private final class Polls: @unchecked Sendable {
  private let lock = NSLock()
  private var known: Set<String> = []

  /// Whether it is the first time.
  func isFirst(_ names: String) -> Bool { lock.withLock { known.insert(names).inserted } }
}
