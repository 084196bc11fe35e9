import GRIP
import HTTPTypes
import Logging
import NIOCore
import ServerKit

/// Reading the origin's response (GRIP §6).
extension Exchange {
  var acceptsResponseBody: Bool {
    switch phase {
    case .relaying, .streamingStart: connection.isWritable
    default: true
    }
  }

  func responseHeadReceived(_ head: ResponseHead, framing: BodyFraming) {
    guard case .waiting = phase else { return }
    connection.statistics?.figures.add {
      $0.server.headerReceived += StatisticsHead.response(
        status: head.status, reason: head.reason, fields: head.fields)
    }
    if let sent {
      let time = loop.eventLoop.now - sent
      loop.counters.routes.count(route.id) { $0.latency.add(time) }
      connection.access.details?.originTime = time
      connection.access.details?.origin = route.targets[targetIndex].description
    }
    var head = head
    head.fields.removeHopByHop()
    if let reader { targetIndex = reader.targetIndex }
    if trust == .untrusted, route.isGRIP, GRIPInstruction.isPresent(in: head.fields) {
      phase = .collecting(head, ByteBuffer())
    } else {
      phase = .relaying
      connection.startResponse(
        status: head.status, reason: head.reason, fields: forClient(head.fields), framing: framing)
    }
  }

  func responseBodyReceived(_ bytes: ByteBuffer) {
    connection.statistics?.figures.add { $0.server.contentReceived += bytes.readableBytes }
    switch phase {
    case .relaying, .streamingStart:
      connection.sendBody(bytes)
    case .collecting(let head, var collected):
      phase = .waiting  // So that the buffer has one owner.
      collected.writeImmutableBuffer(bytes)
      phase = .collecting(head, collected)
      if collected.readableBytes > loop.configuration.maxInstructionBytes { startLongStream(head, collected) }
    case .connecting, .waiting, .awaitingRequest, .over: break
    }
  }

  func responseReadPaused() {
    switch phase {
    case .relaying, .streamingStart: connection.flush()
    default: break
    }
  }

  func responseEnded() {
    originDone()
    switch phase {
    case .relaying:
      phase = .over
      connection.finishResponse(isComplete: true)
    case .streamingStart(let instruction):
      connection.flush()
      hold(instruction, GRIPResponse(), isStarted: true)
    case .collecting(let head, let collected):
      decode(head, collected)
    case .connecting, .waiting, .awaitingRequest, .over: break
    }
  }

  private func decode(_ head: ResponseHead, _ collected: ByteBuffer) {
    do throws(GRIPDecodingError) {
      let (instruction, decoded) = try GRIPInstruction.decode(
        status: head.status, reason: head.reason, headers: head.fields, body: Array(collected.readableBytesView))
      var response = decoded
      for element in GRIPInstruction.unreadableChannels(in: head.fields) {
        loop.logger.warning(
          "an element of Grip-Channel is left out: its quoting is broken",
          metadata: .keys([.connection: connection.id, .route: route.id, .errorDetail: element]))
      }
      guard response.status >= 200, response.status <= 999 else {
        return instructionFailed("a status below 200 cannot be sent")
      }
      if let problem = Self.filter(&response, of: instruction) { return instructionFailed(problem) }
      if isAnsweredAtOnce(instruction) {
        phase = .over
        connection.respond(
          status: response.status, reason: response.reason, fields: forClient(Self.clientFields(response.headers)),
          body: ByteBuffer(bytes: response.body))
      } else {
        hold(instruction, response, isStarted: false)
      }
    } catch {
      instructionFailed(error.description)
    }
  }

  /// Lets the content pass the instruction's filters (GRIP §13.1). Returns what is wrong where that is not possible.
  private static func filter(_ response: inout GRIPResponse, of instruction: GRIPInstruction) -> String? {
    do throws(FilterError) {
      response.body = try ResponseFilter.apply(to: response.body, of: instruction)
      return nil
    } catch {
      return "filter error: \(error.text)"
    }
  }

  /// The response is too large to be kept; it can still be the start of a stream (GRIP §6.3).
  private func startLongStream(_ head: ResponseHead, _ collected: ByteBuffer) {
    let isDocument = head.fields.contains { field in
      field.name == .contentType
        && field.value.prefix { $0 != ";" }.trimmingBlanks().lowercased() == "application/grip-instruct"
    }
    let target = "\(origin?.key ?? "the origin")"
    guard !isDocument, connection.minorVersion >= 1 || !connection.isHead else {
      return tooLarge(target)
    }
    do throws(GRIPDecodingError) {
      let (instruction, response) = try GRIPInstruction.decode(
        status: head.status, reason: head.reason, headers: head.fields, body: [])
      var isStream = instruction.hold == nil && instruction.nextLink != nil
      if case .stream = instruction.hold { isStream = true }
      guard isStream, !ResponseFilter.applies(to: instruction), response.status >= 200, connection.script == nil
      else { return tooLarge(target) }
      guard body.kept != nil else { return fail(.requestTooLarge) }
      phase = .streamingStart(instruction)
      connection.startResponse(
        status: response.status, reason: response.reason, fields: forClient(Self.clientFields(response.headers)),
        framing: .chunked)
      connection.sendBody(collected)
    } catch {
      instructionFailed(error.description)
    }
  }

  private func tooLarge(_ target: String) {
    instructionRefused("GRIP instruct response too large from \(target)")
  }

  private func instructionFailed(_ text: String) {
    instructionRefused("Failed to parse accept instructions: \(text)")
  }

  private func instructionRefused(_ text: String) {
    loop.logger.warning(
      "instruction refused",
      metadata: .keys([
        .connection: connection.id, .route: route.id, .origin: route.targets[targetIndex].description,
        .path: String(self.head.path), .errorDetail: text,
      ]))
    fail(.origin(text))
  }

  /// Whether the response with an instruction is all that the client gets. A stream in a script's envelope would not end.
  func isAnsweredAtOnce(_ instruction: GRIPInstruction) -> Bool {
    if case .response = instruction.hold { return false }
    return instruction.hold == nil && instruction.nextLink == nil || connection.script != nil
  }

  /// Hands over to the hold table, as soon as the whole request is there.
  func hold(_ instruction: GRIPInstruction, _ response: GRIPResponse, isStarted: Bool) {
    guard let kept = body.kept else { return fail(.requestTooLarge) }
    guard body.isComplete else {
      phase = .awaitingRequest(instruction, response, isStarted: isStarted)
      return connection.process()
    }
    phase = .over
    var response = response
    response.headers = forClient(Self.clientFields(response.headers))
    let request = HeldRequest(
      head: MessageEncoder.replayHead(head), body: Array(kept.readableBytesView), route: route,
      targetIndex: targetIndex, goneLink: instruction.goneLink.map(Shared.init),
      isSecure: isSecure, slot: nil, began: began)
    connection.hold(request, instruction: instruction, response: response, isRetry: isRetry, isStarted: isStarted)
  }

  /// Without what the proxy decides itself.
  private static func clientFields(_ fields: HTTPFields) -> HTTPFields {
    var fields = fields
    fields.removeHopByHop()
    fields[.contentLength] = nil
    return fields
  }
}
