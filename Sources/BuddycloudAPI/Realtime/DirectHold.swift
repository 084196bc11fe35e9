import Channels
import HTTPTypes
import Hummingbird
import HummingbirdGRIP
import ServiceLifecycle

/// Answers a request that came without a proxy: at once, or by holding it in this process, to the same bytes.
struct DirectHold {
  let reader: EventReader
  let query: NotificationQuery

  private var services: APIServices { reader.call.services }

  /// The answer, after waiting where there is nothing yet.
  func response() async throws -> Response {
    if query.format == .events { return try await stream() }
    return try await services.hub.withTicket(
      for: reader.queue, viewer: reader.viewer, isProxied: reader.call.grip.isProxied
    ) { ticket in
      try await reader.call.watch(ticket) {
        let deadline = services.time.monotonic() + reader.call.configuration.realtime.holdTimeout
        return try await poll(ticket, deadline: deadline)
      }
    }
  }

  private func poll(_ ticket: HoldTicket, deadline: Duration) async throws -> Response {
    var cursor = try await reader.cursor(of: query)
    while true {
      switch NotificationDecision(cursor: cursor, page: try await reader.page(after: cursor)) {
      case .answer(let events, let cursor, let isReset):
        return reader.answer(
          EventAnswer(events: events, cursor: cursor, last: last(events), isReset: isReset), format: query.format)
      case .hold(let head):
        cursor = head
        guard reader.call.request.method != .head else { return timeout(at: head) }
        switch await next(ticket, after: head, until: deadline) {
        case .event(let event): if let response = answer(event) { return response }
        case .reread: break
        case .doubt: try await reader.authorize()
        case .over: return timeout(at: head)
        }
      }
    }
  }

  private enum Step {
    case event(DirectEvent)
    case reread
    case doubt
    case over
  }

  /// Waits for the event that follows `head`.
  private func next(_ ticket: HoldTicket, after head: Int64, until deadline: Duration) async -> Step {
    while true {
      switch await ticket.next(until: deadline) {
      case .timeout, .ended: return .over
      case .gap: return .reread
      case .accessReduced: return .doubt
      case .events(let events):
        guard let event = events.first(where: { $0.sequence > head }) else { continue }
        return event.previous <= head ? .event(event) : .reread
      }
    }
  }

  /// The published body, as a proxy would send it. The form of 2014 has a key more, so it is written from the queue.
  private func answer(_ event: DirectEvent) -> Response? {
    switch query.format {
    case .atom: EventReader.response(event.representation.atom, format: .atom)
    case .json where !query.isOfDirectForm: EventReader.response(event.representation.json, format: .json)
    case .json, .events: nil
    }
  }

  private func timeout(at head: Int64) -> Response {
    EventReader.response(HoldText.timeout(query, at: head), format: query.format)
  }

  /// The key `last` of the form of 2014.
  private func last(_ events: [ChannelEvent]) -> Int64? {
    guard case .milliseconds(let moment) = query.since else { return nil }
    return events.last?.time.milliseconds ?? moment
  }
}

extension DirectHold {
  /// An event stream. The first page is read before the head is sent, so that failures still have a status.
  private func stream() async throws -> Response {
    let cursor = try await reader.cursor(of: query)
    let decision = NotificationDecision(stream: cursor, page: try await reader.page(after: cursor))
    let first: String
    let position: Int64
    switch decision {
    case .answer(let events, let cursor, let isReset):
      (first, position) = (StreamText.text(events: events, cursor: cursor, isReset: isReset), cursor)
    case .hold(let head):
      (first, position) = (StreamText.text(events: [], cursor: head, isReset: false), head)
    }
    if reader.call.request.method == .head { return EventReader.response(first, format: .events) }
    guard services.hub.hasRoom else {
      throw APIError(.serviceUnavailable, "too many requests wait already; try again later")
    }
    let body = ResponseBody { writer in
      // The writer is handed on as a value: it is a reference to the connection.
      try await writer.write(text: first)
      let output = writer
      try await services.hub.withTicket(for: reader.queue, viewer: reader.viewer) { ticket in
        try await reader.call.watch(ticket) {
          try await follow(ticket, after: position, to: output)
        }
      }
      try await writer.finish(nil)
    }
    return Response(status: .ok, headers: EventReader.fields(.events), body: body)
  }

  private func follow(_ ticket: HoldTicket, after start: Int64, to output: any ResponseBodyWriter) async throws {
    var output = output
    var position = start
    let realtime = reader.call.configuration.realtime
    let end = services.time.monotonic() + realtime.streamLifetime
    // The ticket is younger than the first page.
    ticket.signalGap()
    while services.time.monotonic() < end {
      let deadline = min(services.time.monotonic() + realtime.keepAlive, end)
      switch await next(ticket, after: position, until: deadline) {
      case .event(let event):
        position = event.sequence
        try await output.write(text: event.representation.stream)
      case .reread:
        position = try await catchUp(after: position, to: &output)
      case .doubt:
        // The status is sent: a client that may not hear more finds out why when it comes again.
        guard (try? await reader.authorize()) != nil else { return }
        position = try await catchUp(after: position, to: &output)
      case .over:
        if ticket.isEnded { return }
        try await output.write(text: StreamText.keepAlive)
      }
    }
  }

  private func catchUp(after start: Int64, to output: inout any ResponseBodyWriter) async throws -> Int64 {
    var position = start
    while case .answer(let events, let cursor, let isReset) = NotificationDecision(
      cursor: position, page: try await reader.page(after: position))
    {
      try await output.write(
        text: StreamText.text(events: events, cursor: cursor, isReset: isReset))
      position = cursor
    }
    return position
  }
}

extension APICall {
  /// Ends a ticket when the client hangs up or the server begins to stop, for as long as `body` runs.
  func watch<Value>(_ ticket: HoldTicket, _ body: () async throws -> Value) async throws -> Value {
    try await withGracefulShutdownHandler {
      guard let connection else { return try await body() }
      let id = connection.onHangUp { ticket.end() }
      defer { connection.forget(id) }
      return try await body()
    } onGracefulShutdown: {
      ticket.end()
    }
  }
}
