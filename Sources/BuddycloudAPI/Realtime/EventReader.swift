import Channels
import GRIP
import HTTPTypes
import Hummingbird
import HummingbirdGRIP
import XMPP

/// Reads one queue for one request, and writes the answers.
struct EventReader: Sendable {
  let call: APICall
  let queue: EventQueue
  /// Who hears; `nil` for nobody known.
  let viewer: JID?

  /// Beyond every sequence, with room for arithmetic.
  private static let end = Int64.max / 2

  /// The queue after a cursor, at most `maxEvents` events; with `nil` only its end.
  func page(after cursor: Int64?) async throws -> EventPage {
    let max = cursor == nil ? 1 : call.configuration.realtime.maxEvents
    return try await call.run {
      try await call.services.channels.events(in: queue, after: cursor ?? Self.end, max: max)
    }
  }

  /// Where the queue ends.
  func head() async throws -> Int64 {
    try await page(after: nil).head
  }

  /// When the event at a position came; `nil` where there is none.
  func time(ofEventAt sequence: Int64) async throws -> Timestamp? {
    guard sequence > 0 else { return nil }
    return try await first(after: sequence - 1)?.time
  }

  /// The cursor that stands before the first event that came after a moment.
  ///
  /// **Why**: stores index events by sequence, which grows with time, so the moment is found by halving: some thirty reads of one
  /// event. COMPAT: only clients of 2014 ask so.
  func cursor(before moment: Int64) async throws -> Int64 {
    let head = try await head()
    var low: Int64 = 0
    var high = head
    while low < high {
      let middle = low + (high - low) / 2
      guard let event = try await first(after: middle), event.time.milliseconds <= moment else {
        high = middle
        continue
      }
      low = event.sequence
    }
    return low
  }

  /// The cursor that a request means; `nil` for from now on.
  ///
  /// A request that a proxy repeats says with `Grip-Last` what its client has; without it, one that came without a cursor would
  /// miss what happened meanwhile.
  func cursor(of query: NotificationQuery) async throws -> Int64? {
    switch query.since {
    case .cursor(let cursor): return cursor
    case .milliseconds(let moment): return try await cursor(before: moment)
    case .now, .position:
      return call.grip.lastIDs[channel(for: query.format)].flatMap { Int64($0) }
    }
  }

  /// The GRIP channel of this queue and format.
  func channel(for format: NotificationQuery.Format) -> String {
    queue.gripChannelBase(domain: call.configuration.domain) + (format == .atom ? "-atom" : "-json")
  }

  /// The channel on which the viewer's holds hear that they have to ask again; `nil` where this queue's own does for that.
  var accessChannel: String? {
    guard let viewer, queue != .user(viewer) else { return nil }
    return EventQueue.accessChannel(of: viewer)
  }

  /// Checks again whether the viewer may hear the queue.
  ///
  /// **Errors**: why not; 401 where there is no such account any more, whose kept login is forgotten.
  func authorize() async throws {
    do {
      try await call.services.channels.authorize(viewer, toHear: queue)
    } catch let error where error.code == .notAuthorized && viewer != nil {
      if case .user = queue, let viewer {
        await call.services.logins.forget(viewer)
        throw APIError.unauthorized(realm: call.configuration.domain, error.description)
      }
      throw call.failure(error)
    } catch {
      throw call.failure(error)
    }
  }

  /// A whole answer.
  func answer(_ answer: EventAnswer, format: NotificationQuery.Format) -> Response {
    let text =
      switch format {
      case .atom: call.writer.feed(of: answer.events, cursor: answer.cursor)
      case .json, .events: answer.json()
      }
    return Self.response(text, format: format)
  }

  /// A response of this format, whose fields are those that a held one gets from its proxy.
  static func response(_ text: String, format: NotificationQuery.Format) -> Response {
    Response(
      status: .ok, headers: fields(format), body: .text(text))
  }

  /// The fields of a format, without CORS.
  static func fields(_ format: NotificationQuery.Format) -> HTTPFields {
    switch format {
    case .atom: [.contentType: "application/atom+xml"]
    case .json: [.contentType: "application/json"]
    case .events: [.contentType: "text/event-stream", .cacheControl: "no-store"]
    }
  }

  private func first(after cursor: Int64) async throws -> ChannelEvent? {
    try await call.run { try await call.services.channels.events(in: queue, after: cursor, max: 1) }.events.first
  }
}

/// What begins a stream, and what continues one.
enum StreamText {
  /// Written to a quiet stream so that nobody in between thinks it is dead.
  static let keepAlive = ":\n\n"

  /// The events after a cursor; without any, the position alone, which a browser remembers for its next connection.
  static func text(events: [ChannelEvent], cursor: Int64, isReset: Bool) -> String {
    var text = isReset ? "id: \(cursor)\nevent: reset\ndata: {\"last_cursor\":\"\(cursor)\"}\n\n" : ""
    text += events.map(\.streamText).joined()
    return text.isEmpty ? "id: \(cursor)\n\n" : text
  }
}
