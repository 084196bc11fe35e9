import Foundation
import TestKit
import Testing

/// One scripted conversation, held over several ways to the same API at the same time.
struct Conversation {
  /// What one way answered to one step.
  struct Answer: Equatable, CustomStringConvertible {
    var status: Int
    var fields: [String]
    var body: String

    /// Field names that describe the connection and not the answer.
    static let framing: Set = ["date", "connection", "keep-alive", "content-length", "transfer-encoding"]

    /// The answer without its framing, and with ids and times, which differ from post to post, made alike.
    init(_ response: HTTPResponse, isAlike: Bool) {
      status = response.status
      fields = response.fields.comparable(without: Self.framing)
      body = response.text
      guard isAlike else { return }
      let id = #/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#
      let time = #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#
      body = body.replacing(id, with: "ID").replacing(time, with: "TIME")
      fields = fields.map { $0.replacing(id, with: "ID") }
    }

    var description: String { "\(status)\n\(fields.joined(separator: "\n"))\n\n\(body)" }
  }

  let fronts: [Front]

  /// Sends a request over each way and expects the same answer from all.
  @discardableResult func same(
    _ request: HTTPRequest, isAlike: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> HTTPResponse {
    let responses = try fronts.map { try $0.exchange(request) }
    compare(responses, isAlike: isAlike, "\(request.method) \(request.target)", sourceLocation)
    return responses[0]
  }

  /// Sends a request over each way, expects all to be held, lets `event` happen, and expects the same answer from all.
  @discardableResult func sameHeld(
    _ request: HTTPRequest, within duration: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation,
    until event: () throws -> Void
  ) throws -> HTTPResponse {
    let connections = try fronts.map { try HTTPConnection(to: $0.address) }
    for (front, connection) in zip(fronts, connections) { try connection.send(front.prefixed(request)) }
    for (front, connection) in zip(fronts, connections) {
      #expect(connection.isQuiet(), "\(front) did not hold", sourceLocation: sourceLocation)
    }
    try event()
    let responses = try connections.map { try $0.readResponse(to: request.method, within: duration) }
    compare(responses, isAlike: false, "\(request.method) \(request.target)", sourceLocation)
    return responses[0]
  }

  private func compare(
    _ responses: [HTTPResponse], isAlike: Bool, _ step: String, _ sourceLocation: SourceLocation
  ) {
    let answers = responses.map { Answer($0, isAlike: isAlike) }
    for (front, answer) in zip(fronts, answers).dropFirst() {
      #expect(
        answer == answers[0], "\(step): \(fronts[0]):\n\(answers[0])\n--- \(front):\n\(answer)",
        sourceLocation: sourceLocation)
    }
  }
}
