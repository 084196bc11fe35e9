import Foundation
import TestKit

/// What happens on a WebSocket, or instead of one. Who it happens to is `origin` or the name of a client.
enum SocketStep: Sendable {
  /// Frames are sent, in one piece.
  case send([Frame], by: String)
  /// Bytes are sent that are no frame.
  case bytes([UInt8], by: String)
  /// The next message or control frame is read and noted.
  case next(at: String)
  /// A connection is closed without a close frame; with a reset if asked to.
  case drop(by: String, reset: Bool)
  /// The origin waits for a request, notes it and answers with events.
  case events([Frame], [String])
  /// The origin answers requests with no events until the content of all their bodies ends with this text, and notes the
  /// bodies as if they were one: how many messages go in a request depends on when they came.
  case gather(String)
  /// A channel has got a listener since the scenario began.
  case listens(String)
}

extension Stage {
  func perform(_ step: SocketStep, with proxy: any ProxyUnderTest) throws {
    let deadline = Deadline(in: patience)
    switch step {
    case .send(let frames, let name):
      try socket(name, proxy).send(frames.map { (frame: $0, payload: payload($0)) })
    case .bytes(let bytes, let name): try socket(name, proxy).send(bytes)
    case .next(let name):
      transcript.append("→ \(name): " + normal.replaced(try socket(name, proxy).next(deadline)))
    case .drop(let name, let isReset):
      if name == "origin" { origin.socket?.close(reset: isReset) } else { clients[name]?.close(reset: isReset) }
    case .events(let frames, let fields):
      try note(origin.next(within: patience, "for events"), "origin")
      try origin.reply(answer(frames, fields))
    case .listens(let channel):
      let name = filled(channel)
      guard
        proxy.log.endOfLine(
          from: firstLogOffset, within: patience,
          where: { $0.contains("subscribe") && !$0.contains("unsubscribe") && $0.contains(name) }) != nil
      else { throw TestFailure("nobody listens to \(channel)") }
    case .gather(let ending): try gather(until: filled(ending), deadline)
    }
  }

  private func gather(until ending: String, _ deadline: Deadline) throws {
    var body = ""
    while !body.hasSuffix(ending) {
      body += ScriptedClient.text(try origin.next(within: deadline.remaining, "until \(ending) after \(body)").body)
      try origin.reply(answer([], []))
    }
    transcript.append("→ origin, all together\n" + normal.replaced(body))
  }

  private func answer(_ frames: [Frame], _ fields: [String]) -> [UInt8] {
    let body = frames.flatMap { $0.event(payload($0)) }
    let lines =
      ["HTTP/1.1 200 OK", "Content-Type: application/websocket-events", "Content-Length: \(body.count)"]
      + fields.map(filled)
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
  }

  private func payload(_ frame: Frame) -> [UInt8] { frame.bytes + bytes(filled(frame.text)) }

  private func socket(_ name: String, _ proxy: any ProxyUnderTest) throws -> ScriptedSocket {
    guard name == "origin" else { return try client(name, proxy).socket }
    guard let socket = origin.socket else { throw TestFailure("the origin has no WebSocket") }
    return socket
  }
}
