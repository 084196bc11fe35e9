import NIOCore
import XMPP

// What comes and goes once there is a connection.
extension StreamSession: StreamConnectionOwner {
  private static let ping = "urn:xmpp:ping"
  /// How much is copied into one buffer.
  private static let batchBytes = 64 * 1024

  func connectionBegan(_ facts: ConnectionFacts) {
    phase = .negotiating
    deadline = loop.now + plan.settings.negotiationTimeout
    setAlarm()
    negotiation = plan.negotiation(login, acknowledgements.flatMap { state in state.id.map { ($0, state.handled) } })
    perform(negotiation?.began(facts))
  }

  func connectionEncrypted(_ facts: ConnectionFacts) { perform(negotiation?.encrypted(facts)) }

  func streamOpened(_ header: StreamHeader) { perform(negotiation?.opened(header)) }

  func heard() {
    lastHeard = loop.now
    pingDue = nil
  }

  func becameWritable() { drain() }

  func streamClosed() {
    if case .closing = phase { return connection?.close() ?? () }
    connection?.write(StreamHeader.closing)
    connection?.fail(.closedByServer)
  }

  func received(_ element: XMLElement) {
    if let error = StreamError(element) {
      connection?.write(StreamHeader.closing)
      connection?.fail(.streamError(error))
      return
    }
    if negotiation != nil { return perform(negotiation?.received(element)) }
    if element.namespace == Acknowledgements.namespace { return acknowledge(element) }
    guard element.namespace == plan.namespace else { return }
    acknowledgements?.stanzaReceived()
    do throws(StanzaError) {
      take(try Stanza(element))
    } catch {
      guard let answer = Stanza.answer(to: element, with: error) else { return }
      var bytes: [UInt8] = []
      answer.serialize(into: &bytes, parentNamespace: plan.namespace)
      reply(bytes)
    }
  }

  private func take(_ stanza: Stanza) {
    if stanza.kind == .iq {
      if let pingID, stanza.id == pingID {
        self.pingID = nil
        return
      }
      if stanza.isResponse {
        guard let completion = requests.answered(by: stanza, own: address) else {
          ignoredAnswers += 1
          return
        }
        let error = StanzaError(stanza: stanza)
        return completion(error.map { .failure(.refused($0)) } ?? .success(stanza))
      }
      if plan.answersPings, stanza.type == "get", stanza.child("ping", Self.ping) != nil {
        return reply(stanza.reply().serialized(namespace: plan.namespace))
      }
    }
    guard case .pending = handlers.stanza(stanza) else { return }
    unhandled += 1
    if unhandled >= plan.settings.maxUnhandled { connection?.pause() }
  }

  /// What we answer for ourselves goes the way of all stanzas; where there is no room for it, the peer asks too much.
  private func reply(_ bytes: [UInt8]) {
    if (try? outbox.append([bytes])) != nil { drain() }
  }

  private func acknowledge(_ element: XMLElement) {
    guard acknowledgements != nil else { return }
    switch element.name {
    case "r": if let answer = acknowledgements?.answer { connection?.write(answer) }
    case "a":
      guard let count = element.attributes["h"].flatMap({ UInt32($0) }),
        acknowledgements?.acknowledged(count) == true
      else {
        let error = StreamError(.undefinedCondition, text: "this acknowledges more stanzas than were sent")
        connection?.write(error.serialized() + StreamHeader.closing)
        connection?.fail(.protocolViolation(error))
        return
      }
      drain()
    default: break
    }
  }

  private func perform(_ actions: [NegotiationAction]?) {
    for action in actions ?? [] {
      switch action {
      case .open(let header):
        connection?.restart()
        connection?.write(header.opening())
      case .send(let bytes): connection?.write(bytes)
      case .startTLS: connection?.startTLS()
      case .established(let establishment): establish(establishment)
      case .finished:
        phase = .closing
        hasSaidGoodbye = true
        negotiation = nil
        deadline = loop.now + plan.settings.closeTimeout
        connection?.write(StreamHeader.closing)
        setAlarm()
      case .fail(let error):
        connection?.write(StreamHeader.closing)
        connection?.fail(error)
      }
    }
  }

  private func establish(_ establishment: Establishment) {
    leaveGate()
    remaining = []
    negotiation = nil
    login = establishment.login ?? login
    var isResumed = false
    switch establishment.management {
    case .resumed(let handled):
      guard acknowledgements?.acknowledged(handled) == true else {
        loseSession(.connectionLost("the session could not be resumed"))
        connection?.fail(.connectionLost("the server acknowledges more stanzas than were sent"))
        return
      }
      // The address is that of the session, which the server does not say again.
      isResumed = true
    case .begins(let id):
      if let handled = establishment.handledBefore { _ = acknowledgements?.acknowledged(handled) }
      if acknowledgements != nil { loseSession(.connectionLost("the session could not be resumed")) }
      acknowledgements = Acknowledgements(id: id)
    case nil:
      if let handled = establishment.handledBefore { _ = acknowledgements?.acknowledged(handled) }
      if acknowledgements != nil { loseSession(.connectionLost("the session could not be resumed")) }
    }
    let own = isResumed ? address ?? establishment.address : establishment.address
    address = own
    phase = .online
    deadline = nil
    onlineSince = loop.now
    outbox.open()
    handlers.event(.online(own, isResumed: isResumed))
    for promise in openings { promise.succeed(own) }
    openings = []
    if isResumed { sendAgain() }
    drain()
    setAlarm()
  }

  /// What the server did not get before the connection broke.
  private func sendAgain() {
    guard let state = acknowledgements, !state.unacknowledged.isEmpty, let connection else { return }
    var buffer = connection.buffer(capacity: state.unacknowledged.reduce(64) { $0 + $1.count })
    for stanza in state.unacknowledged { buffer.writeBytes(stanza) }
    buffer.writeBytes(Acknowledgements.question)
    acknowledgements?.asked()
    connection.write(buffer)
  }

  /// Writes what waits, as far as the connection and the acknowledgements allow.
  func drain() {
    let isClosing: Bool
    switch phase {
    case .online: isClosing = false
    case .closing where !hasSaidGoodbye: isClosing = true
    default: return
    }
    var isDrained = false
    while let connection, connection.isWritable {
      let outstanding = acknowledgements?.unacknowledged.count ?? 0
      let room = acknowledgements == nil || isClosing ? Int.max : plan.settings.maxUnacknowledged - outstanding
      guard room > 0 else { break }
      let taken = outbox.take(maxItems: room, maxBytes: Self.batchBytes)
      isDrained = isDrained || taken.isDrained
      guard !taken.items.isEmpty else { break }
      var buffer = connection.buffer(capacity: taken.items.reduce(64) { $0 + $1.count })
      for stanza in taken.items {
        buffer.writeBytes(stanza)
        acknowledgements?.stanzaSent(stanza)
      }
      if let state = acknowledgements, !state.isAsked {
        buffer.writeBytes(Acknowledgements.question)
        acknowledgements?.asked()
      }
      connection.write(buffer)
    }
    if isDrained { handlers.event(.drained) }
    if isClosing, outbox.isEmpty, let connection {
      hasSaidGoodbye = true
      connection.write((acknowledgements?.answer ?? []) + StreamHeader.closing)
    }
  }

  /// Asks the server whether it is there.
  func sendPing() {
    pingDue = loop.now + plan.settings.keepAliveTimeout
    if acknowledgements != nil {
      acknowledgements?.asked()
      connection?.write(Acknowledgements.question)
    } else {
      let id = requests.makeID()
      pingID = id
      let ping = Stanza(
        .iq, type: "get", id: id, to: plan.pingTarget, from: plan.pingSender,
        payload: [XMLElement("ping", namespace: Self.ping)])
      connection?.write(ping.serialized(namespace: plan.namespace))
    }
  }
}
