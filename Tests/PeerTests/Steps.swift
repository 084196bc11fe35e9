// Words for the scenarios: each makes one or several steps.

/// A client's request.
func ask(
  _ method: String = "GET", _ target: String = "/", _ fields: [String] = [], body: String? = nil, on: String = "client"
) -> Step {
  var lines = ["\(method) \(target) HTTP/1.1", "Host: {host}"] + fields
  if body != nil, !fields.contains(where: { $0.lowercased().hasPrefix("transfer-encoding") }) {
    lines.append("Content-Length: {length}")
  }
  return .send(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""), on: on)
}

/// The origin's answer to the next request.
func answer(_ status: String = "200 OK", _ fields: [String] = [], body: String? = "") -> Step {
  .answer(response(status, fields, body: body))
}

/// A response as bytes; without `Content-Length` where there is no body.
func response(_ status: String = "200 OK", _ fields: [String] = [], body: String? = "") -> String {
  var lines = ["HTTP/1.1 \(status)"] + fields
  if body != nil { lines.append("Content-Length: {length}") }
  return lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
}

/// The origin holds the next request as a long-poll.
func holdResponse(_ fields: [String] = [], channel: String = "{c}", body: String = "nothing yet\n") -> Step {
  answer(
    "200 OK", ["Content-Type: text/plain", "Grip-Hold: response", "Grip-Channel: \(channel)"] + fields, body: body)
}

/// The origin holds the next request as a stream.
func holdStream(_ fields: [String] = [], channel: String = "{c}", body: String = "open\n") -> Step {
  answer("200 OK", ["Content-Type: text/plain", "Grip-Hold: stream", "Grip-Channel: \(channel)"] + fields, body: body)
}

/// The origin answers the next request with an instruction as JSON.
func instruct(_ json: String, _ fields: [String] = [], status: String = "200 OK") -> Step {
  answer(status, ["Content-Type: application/grip-instruct"] + fields, body: json)
}

/// An item.
func item(
  _ formats: String..., channel: String = "{c}", id: String? = nil, previous: String? = nil, more: String = ""
) -> String {
  var members = [#""channel":"\#(channel)""#]
  if let id { members.append(#""id":"\#(id)""#) }
  if let previous { members.append(#""prev-id":"\#(previous)""#) }
  if !more.isEmpty { members.append(more) }
  members.append(#""formats":{\#(formats.joined(separator: ","))}"#)
  return "{\(members.joined(separator: ","))}"
}

/// A format for streams.
func stream(_ content: String) -> String { #""http-stream":{"content":"\#(content)"}"# }

/// A format for long-polls.
func whole(_ body: String) -> String { #""http-response":{"body":"\#(body)"}"# }

/// A request to the control port, on a connection that is to be closed.
func control(
  _ method: String = "POST", _ target: String = "/publish/", _ fields: [String] = [], body: String? = nil
) -> Step {
  var lines = ["\(method) \(target) HTTP/1.1", "Host: localhost", "Connection: close"] + fields
  if body != nil { lines.append("Content-Length: {length}") }
  return .control(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
}

/// A publish of this text, whatever it is.
func postItems(_ body: String, _ fields: [String] = []) -> Step { control("POST", "/publish/", fields, body: body) }

extension Step {
  /// What all scripted clients say in `Sec-WebSocket-Key` (the example of RFC 6455 §1.3).
  static let clientKey = "dGhlIHNhbXBsZSBub25jZQ=="

  /// A message or control frame is read, several times.
  static func next(at name: String) -> Step { .socket(.next(at: name)) }
  static func drop(by name: String, reset: Bool = false) -> Step { .socket(.drop(by: name, reset: reset)) }
  static func gather(until ending: String) -> Step { .socket(.gather(ending)) }
}

/// A client asks for a WebSocket.
func upgrade(_ target: String = "/", _ fields: [String] = [], on name: String = "client") -> Step {
  ask(
    "GET", target,
    [
      "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: \(Step.clientKey)",
    ] + fields, on: name)
}

/// The origin accepts it.
func acceptSocket(_ fields: [String] = []) -> Step {
  .answer(
    ([
      "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}",
    ]
      + fields).joined(separator: "\r\n") + "\r\n\r\n")
}

/// Frames of a client.
func says(_ frames: Frame..., on name: String = "client") -> Step { .socket(.send(frames, by: name)) }

/// Frames of the origin.
func originSays(_ frames: Frame...) -> Step { .socket(.send(frames, by: "origin")) }

/// The origin answers a request with events.
func events(_ frames: Frame..., fields: [String] = []) -> Step { .socket(.events(frames, fields)) }

/// Waits until a WebSocket listens to a channel.
func listens(_ channel: String = "{c}") -> Step { .socket(.listens(channel)) }

/// A format for WebSockets.
func message(_ content: String) -> String { #""ws-message":{"content":"\#(content)"}"# }
