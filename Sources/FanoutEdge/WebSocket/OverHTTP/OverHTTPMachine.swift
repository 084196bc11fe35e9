import GRIP
import HTTPTypes
import NIOCore

/// The decisions of a WebSocket whose origin is asked over HTTP: what each request carries, and what each response means.
///
/// One request at a time: the driver takes `nextRequest` whenever none is under way, and tells what became of it.
/// **Spec**: GRIP proxy §15. Pure: no clock, no sockets, no chance.
struct OverHTTPMachine {
  /// How far it has come.
  enum Phase: Equatable {
    /// `OPEN` has not been accepted.
    case connecting
    case open
    /// The client has sent its close.
    case clientClosing
    /// The origin has sent its close; the client has not answered.
    case originClosing
    /// The last request, whose answer nobody waits for: `DISCONNECT`, or `CLOSE`.
    case ending(Ending)
    case over
  }

  /// What the last request says.
  enum Ending: Equatable { case disconnect, close }

  /// What is to be sent. The driver adds the client's fields, the signature and the length.
  struct Request: Equatable {
    var body: [UInt8]
    /// `Content-Bytes-Replayed`, where it is more than 0.
    var replayedBytes: Int
    /// `Meta-…`.
    var meta: [Meta]
    /// `Grip-Last`.
    var lastIDs: [String: String]
    /// Whether it asks for the connection.
    var isOpening = false
    /// Whether nothing follows it.
    var isFinal = false
  }

  /// A value that the origin has kept with the connection.
  struct Meta: Equatable {
    var name: String
    var value: String
  }

  /// What the driver is to do.
  enum Action: Equatable {
    /// The client gets its 101.
    case opened(HTTPFields, GRIPWebSocketExtension?)
    /// The client gets this response.
    case rejected(status: Int, reason: String, HTTPFields, ByteBuffer)
    /// The client gets an error of the proxy's own.
    case failed(String)
    case frame(SocketFrame)
    case closed(SocketClose)
    /// The client is dropped.
    case lost(String)
    /// Asks again after so many steps: 1000·2ⁿ ms and a little.
    case retry(attempt: Int)
    /// Nothing more will be asked.
    case finished
  }

  let configuration: OverHTTPConfiguration
  let isOneEvent: Bool
  private(set) var phase = Phase.connecting
  /// `Keep-Alive-Interval`, at least the minimum; `nil` is off.
  var keepAliveSeconds: Int?
  var meta: [Meta] = []
  private var buffer = OverHTTPBuffer()
  /// The request that has not been answered, and what it offers.
  private var current: (request: Request, offer: OverHTTPBuffer.Offer)?
  /// Whether it is on its way; otherwise it is to be sent again.
  private(set) var isUnderWay = false
  /// Whether time has to pass before the next request.
  private(set) var isWaiting = false
  /// Whether a request is to be made even without anything to say.
  private(set) var isRefreshDue = true
  private var pendingLastIDs: [String: String] = [:]
  private var attempts = 0
  /// How often the origin took nothing of what was before a close.
  private var idleCloses = 0

  init(configuration: OverHTTPConfiguration, isOneEvent: Bool) {
    self.configuration = configuration
    self.isOneEvent = isOneEvent
  }

  // MARK: The client

  /// Whether more of the client's frames can be taken.
  var isWritable: Bool {
    // Where all that is here was offered in vain, only more of it leads to another request.
    buffer.count < configuration.maxMessageBytes || (!isUnderWay && !isWaiting && !buffer.hasNew)
  }

  /// A frame of the client's.
  mutating func clientSent(_ frame: SocketFrame) -> [Action] {
    guard phase == .open else { return [] }
    buffer.add(frame)
    guard buffer.incompleteBytes <= configuration.maxMessageBytes, buffer.count <= 2 * configuration.maxMessageBytes
    else {
      // The client is told why; the origin only that it has gone.
      end(.disconnect)
      let text = "a message is longer than \(configuration.maxMessageBytes) bytes"
      return [.closed(SocketClose(code: 1009, reason: text))]
    }
    return []
  }

  /// The client's close frame, or its answer to the origin's.
  mutating func clientClosed(_ close: SocketClose) {
    switch phase {
    case .open:
      phase = .clientClosing
      buffer.add(close)
    case .originClosing:
      // The origin is told, and need not answer.
      phase = .ending(.close)
      buffer.add(close)
    case .connecting: clientLost()
    case .clientClosing, .ending, .over: break
    }
  }

  /// The client is gone without a closing handshake.
  mutating func clientLost() {
    switch phase {
    case .connecting where !isUnderWay: phase = .over
    case .ending, .over: break
    case .connecting, .open, .clientClosing, .originClosing: end(.disconnect)
    }
  }

  /// The origin is let go of, and told that it is over.
  mutating func detach() {
    guard phase == .open else { return }
    end(.close)
    buffer.add(SocketClose())
  }

  private mutating func end(_ ending: Ending) {
    phase = .ending(ending)
    buffer.removeAll()
    // What waited to be sent again is of no interest any more.
    if !isUnderWay { current = nil }
    isWaiting = false
    attempts = 0
  }

  /// An empty request, now or after the present one.
  mutating func refresh() {
    if phase == .open { isRefreshDue = true }
  }

  /// The same, with what the client had last of its channels.
  mutating func resume(_ lastIDs: [String: String]) {
    guard phase == .open else { return }
    isRefreshDue = true
    pendingLastIDs = lastIDs
  }

  /// No request was made for as long as the origin has said.
  mutating func keepAliveDue() { isRefreshDue = true }

  // MARK: Requests

  /// What to ask now; `nil` where a request is under way, waits to be tried again, or there is nothing to say.
  ///
  /// - Parameter hasRoom: whether the client's side takes what the answer may bring.
  mutating func nextRequest(hasRoom: Bool) -> Request? {
    guard !isUnderWay, !isWaiting else { return nil }
    if let current {
      // Once more, the same.
      isUnderWay = true
      return current.request
    }
    var request = Request(body: [], replayedBytes: 0, meta: meta, lastIDs: [:])
    var offer = OverHTTPBuffer.Offer()
    switch phase {
    case .connecting:
      guard isRefreshDue else { return nil }
      request.body = Array("OPEN\r\n".utf8)
      request.isOpening = true
    case .open, .clientClosing, .originClosing:
      guard buffer.hasNew || isRefreshDue, hasRoom else { return nil }
      (offer, request.body) = buffer.offer(isOneEvent: isOneEvent)
      request.lastIDs = pendingLastIDs
      pendingLastIDs = [:]
    case .ending(.close):
      (offer, request.body) = buffer.offer(isOneEvent: isOneEvent)
      request.isFinal = offer.hasClose
    case .ending(.disconnect):
      request.body = Array("DISCONNECT\r\n".utf8)
      request.isFinal = true
    case .over: return nil
    }
    request.replayedBytes = offer.replayedBytes
    isRefreshDue = false
    isUnderWay = true
    current = (request, offer)
    return request
  }

  /// The request under way got no response.
  ///
  /// - Parameter isRetryable: whether it did not reach the origin, or the origin closed without a byte.
  mutating func requestFailed(_ text: String, isRetryable: Bool) -> [Action] {
    isUnderWay = false
    if case .ending = phase, let request = current?.request, !request.isFinal {
      current = nil
      // The last one is still to come, unless there never was a connection.
      if !request.isOpening { return [] }
      return broken(text)
    }
    if let current, isRetryable, !current.request.isOpening, attempts < configuration.retries {
      attempts += 1
      isWaiting = true
      return [.retry(attempt: attempts - 1)]
    }
    current = nil
    return broken(text)
  }

  /// The time of a retry has come.
  mutating func retryDue() { isWaiting = false }

  /// The connection cannot go on.
  private mutating func broken(_ text: String) -> [Action] {
    let phase = phase
    self.phase = .over
    switch phase {
    case .connecting: return [.failed(text), .finished]
    case .open, .clientClosing, .originClosing: return [.lost(text), .finished]
    case .ending, .over: return [.finished]
    }
  }

  // MARK: Responses

  /// Whether so long a body can still be taken.
  func takes(bodyBytes: Int, of head: ResponseHead) -> Bool {
    bodyBytes <= (Self.isEvents(head) ? configuration.maxResponseBytes : configuration.maxRejectionBytes)
  }

  /// The response is whole; its fields are without hop-by-hop ones.
  mutating func responseReceived(_ head: ResponseHead, body: ByteBuffer) -> [Action] {
    guard let (request, offer) = current else { return [] }
    current = nil
    isUnderWay = false
    attempts = 0
    if case .ending = phase { return ended(request, offer: offer, head: head, body: body) }
    guard Self.isEvents(head) else {
      if phase == .connecting {
        phase = .over
        return [.rejected(status: head.status, reason: head.reason, head.fields, body), .finished]
      }
      return broken("it answered \(head.status) without events")
    }
    let hasKeepAlive = readKeepAlive(head.fields)
    let acceptance = buffer.answered(offer, accepted: Self.accepted(head.fields))
    if case .wrong(let text) = acceptance { return broken(text) }
    guard readMeta(head.fields) else { return broken("it keeps more than \(configuration.maxMetaCount) values") }
    let events: [GRIPWebSocketEvent]
    do throws(GRIPWebSocketEventError) {
      events = try decode(body)
    } catch {
      return broken("its events: \(error)")
    }
    if phase == .connecting { return opened(head.fields, events, hasKeepAlive: hasKeepAlive) }
    let actions = read(events[...])
    return phase == .clientClosing ? actions + closeAnswered(acceptance, offer: offer) : actions
  }

  private func decode(_ body: ByteBuffer) throws(GRIPWebSocketEventError) -> [GRIPWebSocketEvent] {
    var limits = GRIPLimits()
    limits.webSocketEventsBytes = configuration.maxResponseBytes
    return try GRIPWebSocketEvent.decode(body.readableBytesView, reading: .lenient, limits: limits)
  }

  private mutating func opened(
    _ fields: HTTPFields, _ events: [GRIPWebSocketEvent], hasKeepAlive: Bool
  ) -> [Action] {
    guard events.first == .open else {
      // It asks to be asked again.
      if events.isEmpty, hasKeepAlive { return [] }
      return broken("its first event is not OPEN")
    }
    let grip: GRIPWebSocketExtension?
    do throws(GRIPDecodingError) {
      grip = try GRIPWebSocketExtension.decode(fields)
    } catch {
      return broken("\(error)")
    }
    phase = .open
    return [.opened(Self.clientFields(fields), grip)] + read(events.dropFirst())
  }

  private mutating func read(_ events: ArraySlice<GRIPWebSocketEvent>) -> [Action] {
    var actions: [Action] = []
    for event in events where phase != .over {
      switch event {
      case .open: actions += broken("it opened the connection twice")
      case .disconnect: actions += broken("it ended the connection")
      case .close(let code, let reason):
        let close = SocketClose(lenient: code, reason: reason)
        if phase == .open {
          phase = .originClosing
          actions.append(.closed(close))
        } else if phase == .clientClosing {
          phase = .over
          actions += [.closed(close), .finished]
        }
      case .text, .binary, .ping, .pong:
        if phase != .originClosing { actions += frames(event).map { .frame($0) } }
      }
    }
    return actions
  }

  /// The answer to a request of the time when the client has begun to close had no `CLOSE` in it.
  private mutating func closeAnswered(
    _ acceptance: OverHTTPBuffer.Acceptance, offer: OverHTTPBuffer.Offer
  ) -> [Action] {
    switch acceptance {
    case .closePostponed(hasProgress: true):
      idleCloses = 0
      return []
    case .closePostponed(hasProgress: false):
      guard idleCloses < configuration.retries else { return broken("it does not take what was sent before the close") }
      idleCloses += 1
      isWaiting = true
      return [.retry(attempt: idleCloses - 1)]
    case .accepted where offer.hasClose && keepAliveSeconds == nil: return broken("it did not answer the close")
    case .accepted, .wrong:
      guard idleCloses < configuration.retries else { return broken("it does not answer the close") }
      idleCloses += 1
      return []
    }
  }

  /// An answer that matters to nobody any more, but that it may call for another request before the end.
  private mutating func ended(
    _ request: Request, offer: OverHTTPBuffer.Offer, head: ResponseHead, body: ByteBuffer
  ) -> [Action] {
    var isOver = request.isFinal
    if request.isOpening {
      let events = Self.isEvents(head) ? try? decode(body) : nil
      isOver = events?.first != .open
    } else if phase == .ending(.close), buffer.hasOffered {
      if case .wrong = buffer.answered(offer, accepted: Self.accepted(head.fields)) { isOver = true }
    }
    guard isOver else { return [] }
    phase = .over
    return [.finished]
  }
}
