import Foundation

/// A reader of server-sent events.
package final class EventStream {
  /// One event.
  package struct Event: Sendable, Equatable {
    /// The `id:` of this event, or `nil` where it has none.
    package var id: String?
    /// `message` where the event does not say.
    package var name: String
    /// The data lines, joined by line feeds.
    package var data: String

    /// An event.
    package init(id: String?, name: String, data: String) {
      (self.id, self.name, self.data) = (id, name, data)
    }
  }

  /// The head of the response.
  package let head: HTTPResponseHead
  private let http: HTTPConnection
  private var rest: [UInt8] = []
  private var waiting: [Event] = []

  /// Asks for the stream and reads the head of the answer, which must be a 200.
  package init(
    _ address: Address, _ target: String, _ fields: HeaderFields = [], within duration: Duration = .seconds(30)
  ) throws {
    http = try HTTPConnection(to: address)
    try http.send(HTTPRequest("GET", target, HeaderFields([("Accept", "text/event-stream")] + fields.list)))
    head = try http.readHead(within: duration)
    guard head.status == 200 else {
      throw TestFailure("a stream was asked for, and this came: \(head.status) \(head.reason)")
    }
  }

  /// The next event; comments are passed over. `nil` when the stream has ended.
  package func next(within duration: Duration = .seconds(30)) throws -> Event? {
    let deadline = Deadline(in: duration)
    while waiting.isEmpty {
      guard let chunk = try nextBytes(deadline) else { return nil }
      take(chunk)
    }
    return waiting.removeFirst()
  }

  /// Ends the stream from this side.
  package func close() { http.connection.close() }

  private func nextBytes(_ deadline: Deadline) throws -> [UInt8]? {
    if head.isChunked { return try http.readChunk(within: deadline.remaining) }
    let bytes = try http.connection.receive(within: deadline.remaining)
    return bytes.isEmpty ? nil : bytes
  }

  private func take(_ chunk: [UInt8]) {
    rest += chunk
    // A block ends with an empty line; carriage returns before line feeds are dropped first.
    let text = rest.filter { $0 != 13 }
    var blocks = text.split(separator: [10, 10], omittingEmptySubsequences: false)
    rest = blocks.popLast().map(Array.init) ?? []
    for block in blocks {
      var event = Event(id: nil, name: "message", data: "")
      var data: [String] = []
      for line in String(decoding: block, as: UTF8.self).split(separator: "\n") where !line.hasPrefix(":") {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count < 2 ? "" : String(parts[1].hasPrefix(" ") ? parts[1].dropFirst() : parts[1])
        switch parts[0] {
        case "id": event.id = value
        case "event": event.name = value
        case "data": data.append(value)
        default: break
        }
      }
      guard !data.isEmpty else { continue }
      event.data = data.joined(separator: "\n")
      waiting.append(event)
    }
  }
}
