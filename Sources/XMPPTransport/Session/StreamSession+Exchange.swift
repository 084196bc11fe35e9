import NIOCore
import XMPP

// What comes and goes once there is a connection.
extension StreamSession: StreamConnectionOwner {
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
    if element.namespace == StreamManagement.namespace { return acknowledge(element) }
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
      if plan.answersPings, let answer = Ping.answer(to: stanza) {
        return reply(answer.serialized(namespace: plan.namespace))
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
    do throws(StreamError) {
      switch try StreamManagement(element) {
      case .request: if let answer = acknowledgements?.answer { connection?.write(answer) }
      case .answer(let count):
        try acknowledgements?.acknowledged(count)
        drain()
      default: break
      }
    } catch {
      refuse(error)
    }
  }

  /// The server broke the protocol.
  private func refuse(_ error: StreamError) {
    connection?.write(error.serialized() + StreamHeader.closing)
    connection?.fail(.protocolViolation(error))
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
    var again: [[UInt8]]?
    let gone = TransportError.connectionLost("the session could not be resumed")
    do throws(StreamError) {
      switch establishment.management {
      case .resumed(let handled): again = try acknowledgements?.resumed(handled)
      case .begins, nil:
        if let handled = establishment.handledBefore { try acknowledgements?.acknowledged(handled) }
      }
    } catch {
      loseSession(gone)
      return refuse(error)
    }
    if again == nil, acknowledgements != nil { loseSession(gone) }
    if case .begins(let id) = establishment.management {
      acknowledgements = Acknowledgements(id: id, maxUnacknowledged: plan.settings.maxUnacknowledged)
    }
    // The address is that of the session, which the server does not say again.
    let isResumed = again != nil
    let own = isResumed ? address ?? establishment.address : establishment.address
    address = own
    phase = .online
    deadline = nil
    onlineSince = loop.now
    outbox.open()
    handlers.event(.online(own, isResumed: isResumed))
    for promise in openings { promise.succeed(own) }
    openings = []
    if let again, !again.isEmpty { sendAgain(again) }
    drain()
    setAlarm()
  }

  /// What the server did not get before the connection broke.
  private func sendAgain(_ stanzas: [[UInt8]]) {
    guard let connection else { return }
    var buffer = connection.buffer(capacity: stanzas.reduce(64) { $0 + $1.count })
    for stanza in stanzas { buffer.writeBytes(stanza) }
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
      let room = isClosing ? Int.max : acknowledgements?.room ?? Int.max
      guard room > 0 else { break }
      let taken = outbox.take(maxItems: room, maxBytes: Self.batchBytes)
      isDrained = isDrained || taken.isDrained
      guard !taken.items.isEmpty else { break }
      var buffer = connection.buffer(capacity: taken.items.reduce(64) { $0 + $1.count })
      var isToAsk = false
      for stanza in taken.items {
        buffer.writeBytes(stanza)
        if acknowledgements?.stanzaSent(stanza) == true { isToAsk = true }
      }
      if isToAsk { buffer.writeBytes(Acknowledgements.question) }
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
        payload: [Ping.element])
      connection?.write(ping.serialized(namespace: plan.namespace))
    }
  }
}
