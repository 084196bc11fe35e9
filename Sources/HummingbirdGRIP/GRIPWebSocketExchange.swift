import GRIP
import HTTPTypes
import Hummingbird
import NIOCore

/// Reads a request of WebSocket-over-HTTP and writes its response.
struct GRIPWebSocketExchange {
  /// What the handler gets and changes.
  var session: GRIPWebSocketSession
  /// What happened, in order.
  let events: [GRIPWebSocketEvent]

  private static let metaPrefix = "meta-"

  /// The exchange that a request begins, its signature verified by the middleware before.
  ///
  /// **Errors**: 501 where no trusted proxy has signed it, 415 for another media type, 400 without `Connection-Id` or with
  /// events that cannot be read, 413 above the limits.
  init(
    _ request: Request, isProxied: Bool, extension standard: GRIPWebSocketExtension, limits: GRIPLimits
  ) async throws {
    guard isProxied else {
      throw HTTPError(.notImplemented, message: "This resource is reached through a GRIP proxy only.")
    }
    guard Self.isEvents(request.headers[.contentType]) else {
      throw HTTPError(.unsupportedMediaType, message: "The body must be \(GRIPWebSocketEvent.mediaType).")
    }
    guard let id = request.headers[.connectionID], !id.isEmpty, id.utf8.count <= limits.idBytes else {
      throw HTTPError(.badRequest, message: "Connection-Id is missing, empty or longer than \(limits.idBytes) bytes.")
    }
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: limits.webSocketEventsBytes)
    } catch is NIOTooManyBytesError {
      throw HTTPError(.contentTooLarge, message: "Events of more than \(limits.webSocketEventsBytes) bytes.")
    }
    do throws(GRIPWebSocketEventError) {
      events = try GRIPWebSocketEvent.decode(body.readableBytesView, limits: limits)
    } catch {
      throw HTTPError(error.isTooLarge ? .contentTooLarge : .badRequest, message: error.description)
    }
    let offered = try? GRIPWebSocketExtension.decode(request.headers, limits: limits)
    session = GRIPWebSocketSession(
      connectionID: id, meta: Self.meta(request.headers), events: events,
      replayedBytes: request.headers[.contentBytesReplayed].flatMap(Int.init).map { max(0, $0) } ?? 0,
      grip: offered == nil ? nil : standard, limits: limits)
  }

  /// The response, after the handler has been.
  ///
  /// **Errors**: what the handler wants to say and cannot be written.
  func response() throws -> Response {
    if session.isOpening && !session.isAccepted {
      // No events and an interval: the proxy asks for the connection again after it.
      guard session.rejection == nil, session.keepAliveInterval != nil else {
        return Response(status: session.rejection ?? .forbidden, headers: session.headers)
      }
      return try response([])
    }
    return try response(answers())
  }

  private func response(_ events: [GRIPWebSocketEvent]) throws -> Response {
    var headers = session.headers
    headers[.contentType] = GRIPWebSocketEvent.mediaType
    if session.isOpening, session.isAccepted, let grip = session.grip {
      headers[.secWebSocketExtensions] = try grip.headerValue()
    }
    if let interval = session.keepAliveInterval { headers[.keepAliveInterval] = String(try seconds(interval)) }
    if let accepted = session.acceptedBytes { headers[.contentBytesAccepted] = String(accepted) }
    headers.append(contentsOf: try session.metaFields())
    let body = try GRIPWebSocketEvent.encode(events)
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }

  /// `OPEN`, pongs, what the handler sends, and an end if there is one.
  private func answers() throws -> [GRIPWebSocketEvent] {
    let accepted = session.acceptedBytes ?? session.offeredBytes
    guard (0...session.offeredBytes).contains(accepted) else {
      throw GRIPEncodingError("\(accepted) bytes cannot be accepted of \(session.offeredBytes)")
    }
    var answers: [GRIPWebSocketEvent] = session.isOpening ? [.open] : []
    var end = session.end
    var bytes = 0
    for event in events {
      bytes += event.contentBytes
      // What is not accepted comes again, and is answered then.
      guard bytes <= accepted else { break }
      switch event {
      case .ping(let payload): answers.append(.pong(payload))
      case .close: end = end ?? event
      case .disconnect: return []
      default: break
      }
    }
    return answers + session.outgoing + (end.map { [$0] } ?? [])
  }

  private func seconds(_ duration: Duration) throws(GRIPEncodingError) -> Int64 {
    guard duration >= .zero, duration <= .seconds(Int64(Int32.max)) else {
      throw GRIPEncodingError("a keep-alive interval must be between 0 and \(Int32.max) seconds")
    }
    let (seconds, attoseconds) = duration.components
    return attoseconds > 0 ? seconds + 1 : seconds
  }

  /// The type decides, in any case and with any parameters; `Accept` does not have to be there.
  private static func isEvents(_ contentType: String?) -> Bool {
    guard let type = contentType?.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false).first else {
      return false
    }
    return type.drop { $0 == " " }.lowercased().split(separator: " ").first.map(String.init)
      == GRIPWebSocketEvent.mediaType
  }

  private static func meta(_ headers: HTTPFields) -> [String: String] {
    var meta: [String: String] = [:]
    for field in headers where field.name.canonicalName.hasPrefix(metaPrefix) {
      meta[String(field.name.canonicalName.dropFirst(metaPrefix.count))] = field.value
    }
    return meta
  }
}
