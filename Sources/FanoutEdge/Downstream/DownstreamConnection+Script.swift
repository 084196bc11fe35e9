import HTTPTypes
import NIOCore

/// A response on its way into a JSON-P envelope.
struct ScriptResponse {
  /// How far it is.
  enum State {
    /// Nothing has come.
    case waiting
    /// The head is there, and the body so far.
    case collecting(status: Int, reason: String?, fields: HTTPFields, body: ByteBuffer)
    /// The body was too long to wait for: what comes is written at once.
    case streaming(JSONPWriter)
  }

  let envelope: JSONPEnvelope
  var state = State.waiting
}

/// Responses to scripts that asked by JSON-P (GRIP §17.2).
extension DownstreamConnection {
  /// The request that is meant, and its body. `nil` where it was refused, with an answer.
  func scriptRequest(
    _ head: RequestHead, _ framing: BodyFraming, route: Route
  ) -> (head: RequestHead, body: [UInt8]?)? {
    script = nil
    guard framing == .none || framing == .length(0), route.extras.isCrossOrigin ?? loop.configuration.isCrossOrigin
    else { return (head, nil) }
    do throws(JSONPRequest.Fault) {
      guard let request = try JSONPRequest.read(head, rule: route.extras.jsonp) else { return (head, nil) }
      script = ScriptResponse(envelope: request.envelope)
      return (request.head, request.body)
    } catch {
      var fields: HTTPFields = [.contentType: "text/plain"]
      CrossOrigin.add(to: &fields, request: head.fields)
      respond(status: 400, reason: nil, fields: fields, body: ByteBuffer(string: error.text + "\n"))
      return nil
    }
  }

  /// The head of a response, kept until the body is there or is too long. False where no script asked.
  func scriptHead(status: Int, reason: String?, fields: HTTPFields) -> Bool {
    guard script != nil else { return false }
    var fields = fields
    fields[.contentLength] = nil
    access.status = status
    script?.state = .collecting(status: status, reason: reason, fields: fields, body: ByteBuffer())
    return true
  }

  /// A part of the body. False where no script asked.
  func scriptBody(_ bytes: ByteBuffer) -> Bool {
    switch script?.state {
    case nil, .waiting: return false
    case .collecting(let status, let reason, let fields, var body):
      script?.state = .waiting  // So that the buffer has one owner.
      body.writeImmutableBuffer(bytes)
      script?.state = .collecting(status: status, reason: reason, fields: fields, body: body)
      guard let envelope = script?.envelope, body.readableBytes > loop.configuration.maxInstructionBytes else {
        return true
      }
      startStreaming(envelope, status: status, reason: reason, fields: fields, body: body)
    case .streaming(var writer):
      let written = writer.append(bytes.readableBytesView)
      script?.state = .streaming(writer)
      if let written { sendRaw(written) } else { abandonScript() }
    }
    return true
  }

  /// The end of the body: what is left is written. Returns whether the response is complete.
  func scriptEnd(isComplete: Bool) -> Bool {
    guard let script else { return isComplete }
    self.script = nil
    switch script.state {
    case .waiting: return isComplete
    case .collecting(let status, let reason, let fields, let body):
      let bytes = script.envelope.wrap(status: status, reason: reason, fields: fields, body: body.readableBytesView)
      guard isComplete, let bytes else {
        let failure = isComplete ? JSONPEnvelope.failure : .origin("")
        write(whole: failure.status, [.contentType: "text/plain"], Array(failure.body(isDebug: false).utf8))
        return true
      }
      write(whole: 200, JSONPEnvelope.fields(of: fields, isWhole: true), bytes)
      return true
    case .streaming(let writer):
      guard isComplete, let end = writer.end() else { return false }
      sendRaw(end)
      return true
    }
  }

  private func startStreaming(
    _ envelope: JSONPEnvelope, status: Int, reason: String?, fields: HTTPFields, body: ByteBuffer
  ) {
    var writer = JSONPWriter(envelope)
    guard let written = writer.append(body.readableBytesView) else { return abandonScript() }
    script = nil
    startResponse(
      status: 200, reason: nil, fields: JSONPEnvelope.fields(of: fields, isWhole: false), framing: .chunked)
    script = ScriptResponse(envelope: envelope, state: .streaming(writer))
    sendRaw(writer.begin(status: status, reason: reason, fields: fields) + written)
  }

  /// The body cannot be written as JSON.
  private func abandonScript() {
    exchange?.cancel()
    exchange = nil
    if case .streaming? = script?.state {
      script = nil
      return finishResponse(isComplete: false)
    }
    script = nil
    respond(JSONPEnvelope.failure, isDebug: false)
  }

  private func write(whole status: Int, _ fields: HTTPFields, _ bytes: [UInt8]) {
    startResponse(status: status, reason: nil, fields: fields, framing: .length(bytes.count))
    sendRaw(bytes)
  }

  /// Passes by the envelope.
  private func sendRaw(_ bytes: [UInt8]) {
    let kept = script
    script = nil
    sendBody(ByteBuffer(bytes: bytes))
    script = kept
  }
}
