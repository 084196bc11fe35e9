import Channels
import GRIP
import HTTPTypes
import Hummingbird
import HummingbirdGRIP

/// Answers a request that a known proxy has signed: at once, or by telling the proxy to hold it.
struct ProxyHold {
  let reader: EventReader
  let query: NotificationQuery

  /// The answer or the instruction.
  func response() async throws -> Response {
    let cursor = try await reader.cursor(of: query)
    let page = try await reader.page(after: cursor)
    if query.format == .events {
      let expires = reader.call.services.time.wall().milliseconds / 1000 + lifetime
      // Whole minutes, so that streams that began together share their next link.
      return try StreamInstruction(reader: reader, expires: (expires + 59) / 60 * 60)
        .response(NotificationDecision(stream: cursor, page: page), isComplete: page.isComplete)
    }
    switch NotificationDecision(cursor: cursor, page: page) {
    case .answer(let events, let cursor, let isReset):
      return reader.answer(EventAnswer(events: events, cursor: cursor, isReset: isReset), format: query.format)
    case .hold(let head):
      return try hold(at: head)
    }
  }

  private var lifetime: Int64 { reader.call.configuration.realtime.streamLifetime.components.seconds }

  private func hold(at head: Int64) throws -> Response {
    // A HEAD request has nothing to wait for.
    if reader.call.request.method == .head {
      return EventReader.response(HoldText.timeout(query, at: head), format: query.format)
    }
    let instruction = GRIPInstruction(
      hold: .response(timeout: reader.call.configuration.realtime.holdTimeout),
      channels: reader.gripChannels(for: query.format, after: head))
    var fields = reader.call.corsFields
    fields.append(contentsOf: EventReader.fields(query.format))
    let response = GRIPResponse(headers: fields, body: Array(HoldText.timeout(query, at: head).utf8))
    return try Response.hold(instruction, response: response)
  }
}

/// Tells a proxy to hold a stream.
struct StreamInstruction {
  let reader: EventReader
  /// When the stream's client must come back with its credentials: seconds since 1970.
  let expires: Int64

  /// The first events and the instruction to stay, in header form. Where there is more than one answer takes, the proxy is sent on
  /// at once instead.
  func response(_ decision: NotificationDecision, isComplete: Bool, isContinuation: Bool = false) throws -> Response {
    let text: String
    let position: Int64
    switch decision {
    case .answer(let events, let cursor, let isReset):
      text = StreamText.text(events: events, cursor: cursor, isReset: isReset)
      position = cursor
    case .hold(let head):
      text = isContinuation ? "" : StreamText.text(events: [], cursor: head, isReset: false)
      position = head
    }
    let response = EventReader.response(text, format: .events)
    guard reader.call.request.method != .head else { return response }
    let realtime = reader.call.configuration.realtime
    let token = reader.call.services.nextLinks.sign(
      reader.queue, viewer: reader.viewer, expires: expires)
    var instruction = GRIPInstruction(
      nextLink: GRIPNextLink("?next=\(token)&since=cursor:\(position)", timeout: realtime.nextLinkTimeout))
    if isComplete {
      instruction.hold = .stream(
        keepAlive: GRIPKeepAlive(
          content: Array(StreamText.keepAlive.utf8), mode: .idle, timeout: realtime.keepAlive))
      instruction.channels = reader.gripChannels(for: .events, after: position)
    }
    return try response.held(instruction)
  }
}

/// Answers a proxy that follows a stream's next link, which it does without the client's credentials.
struct StreamContinuation {
  let call: APICall
  let token: String

  /// What the stream missed and the instruction to go on; without an instruction, which ends the stream, when it is time for the
  /// client to come back with its credentials, or when it may not hear the queue any more.
  ///
  /// **Errors**: 403 for anybody but a known proxy, and for a token that is not ours.
  func response() async throws -> Response {
    guard call.grip.isProxied, let (queue, viewer, expires) = call.services.nextLinks.verify(token) else {
      throw APIError(.forbidden, "next links are for proxies")
    }
    let reader = EventReader(call: call, queue: queue, viewer: viewer)
    guard expires > call.services.time.wall().milliseconds / 1000, try await reader.isAuthorized() else {
      return EventReader.response("", format: .events)
    }
    let query = try NotificationQuery(
      since: call.target.parameter("since"), lastEventID: nil, accept: "text/event-stream")
    var cursor = call.grip.lastIDs[reader.channel(for: .events)].flatMap { Int64($0) }
    if cursor == nil { cursor = try await reader.cursor(of: query) }
    let page = try await reader.page(after: cursor)
    return try StreamInstruction(reader: reader, expires: expires)
      .response(
        NotificationDecision(stream: cursor, page: page), isComplete: page.isComplete, isContinuation: true)
  }
}

extension EventReader {
  /// What a hold listens to.
  fileprivate func gripChannels(for format: NotificationQuery.Format, after position: Int64) -> [GRIPChannel] {
    [GRIPChannel(channel(for: format), previousID: String(position))]
      + (accessChannel.map { [GRIPChannel($0)] } ?? [])
  }

  /// Whether the viewer may still hear the queue. Where nobody can say, the proxy tries again.
  fileprivate func isAuthorized() async throws -> Bool {
    do {
      try await call.services.channels.authorize(viewer, toHear: queue)
      return true
    } catch let error where [.resourceConstraint, .serviceUnavailable, .internalServerError].contains(error.code) {
      throw call.failure(error)
    } catch {
      return false
    }
  }
}

/// The bodies of holds.
enum HoldText {
  /// What a hold is answered with when its time is over.
  static func timeout(_ query: NotificationQuery, at head: Int64) -> String {
    var last: Int64?
    if case .milliseconds(let moment) = query.since { last = moment }
    return query.format == .atom
      ? AtomWriter.emptyFeed : EventAnswer(events: [], cursor: head, last: last).json()
  }
}

extension EventPage {
  /// Whether it reaches the queue's end.
  var isComplete: Bool { (events.last?.sequence ?? head) >= head }
}
