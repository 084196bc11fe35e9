import Channels
import GRIP
import HTTPTypes
import Hummingbird
import HummingbirdGRIP
import XMPP

/// `GET /notifications/posts`: news as they come (buddycloud-http-api.md §5).
///
/// One code path decides from the queue and the client's cursor: answer now, or hold. Who holds is a detail: the proxy that
/// signed the request, told by an instruction, or this process. The client sees the same.
enum NotificationRoutes {
  static let routes = [Route(.get, "/notifications/posts", posts)]

  @Sendable private static func posts(_ call: APICall) async throws -> Response {
    if call.configuration.realtime.requireProxy, !call.grip.isProxied {
      throw APIError.historic(
        .notImplemented, body: "Error: Realtime endpoint not supported. Set up Pushpin or Fanout.io\n")
    }
    if let token = call.target.parameter("next") {
      return try await StreamContinuation(call: call, token: token).response()
    }
    let query = try NotificationQuery(
      since: call.target.parameter("since"), lastEventID: call.request.headers[.lastEventID],
      accept: call.request.acceptText)
    let node = try call.target.parameter("node").map { text throws(APIError) in try APICall.node(path: text) }
    let session = try await call.session()
    let queue = try await call.run { try await session.queue(for: node) }
    let reader = EventReader(call: call, queue: queue, viewer: session.user)
    // Whoever lost their account meanwhile hears so, however long their login is kept.
    if node == nil, session.user != nil { try await reader.authorize() }
    if query.since == .position {
      return try await position(of: reader)
    }
    if call.grip.isProxied, !query.isOfDirectForm {
      return try await ProxyHold(reader: reader, query: query).response()
    }
    return try await DirectHold(reader: reader, query: query).response()
  }

  /// The answer to `?since=`: where the queue ends, for both forms of cursor.
  private static func position(of reader: EventReader) async throws -> Response {
    let head = try await reader.head()
    // Without an event everything that comes is later than 0.
    let last = try await reader.time(ofEventAt: head)?.milliseconds ?? 0
    return reader.answer(EventAnswer(events: [], cursor: head, last: last), format: .json)
  }
}

extension NotificationQuery {
  /// Whether the answer has a key (`last`) that published items lack, so that the process must hold the request itself, even behind
  /// a proxy. COMPAT: clients of 2014; they are few.
  var isOfDirectForm: Bool {
    if case .milliseconds = since { format == .json } else { false }
  }
}

extension HTTPField.Name {
  static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
