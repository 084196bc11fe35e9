import Logging
import NIOCore
import ServerKit

/// What the access log says of a request. The path is without its query, which may hold a token.
struct AccessRecord {
  var method = ""
  var path = ""
  var route = "-"
  var status = 0
  var bytes = 0
  /// Whether the route wants no line (`log_level` below 2).
  var isQuiet = false
  var began = NIODeadline.uptimeNanoseconds(0)
  /// How it was held, where it was.
  var held: HoldKind?
  /// Why it ended, where it did not end by itself.
  var reason: CloseReason?
  /// `nil` where there is no access log: a held connection should be small.
  var details: AccessDetails?

  /// One line.
  func log(to logger: Logger, connection: Int, isComplete: Bool, now: NIODeadline) {
    let ending = isComplete ? "complete" : reason?.name ?? "cut-short"
    var metadata = Logger.Metadata.keys([
      .connection: connection, .method: method, .path: path, .route: route, .status: status, .bytes: bytes,
      .isComplete: isComplete, .reason: ending, .milliseconds: Self.milliseconds(now - began),
      .transport: held?.name ?? (status == 101 ? "websocket" : "http"),
    ])
    details?.add(to: &metadata)
    logger.info("request", metadata: metadata)
  }

  /// A time in milliseconds.
  static func milliseconds(_ time: TimeAmount) -> Int64 { time.nanoseconds / 1_000_000 }
}

/// What only an access log wants of a request.
final class AccessDetails {
  var marks: RequestMarks
  /// The client's address, where it is logged (`log_from`).
  let peer: String?
  /// `User-Agent`, where it is logged (`log_user_agent`); at most 256 bytes.
  let userAgent: String?
  /// The target that answered.
  var origin: String?
  /// The time to the head of its response.
  var originTime: TimeAmount?

  init(marks: RequestMarks, peer: String?, userAgent: String?) {
    self.marks = marks
    self.peer = peer
    self.userAgent = userAgent.map { String(decoding: $0.utf8.prefix(256), as: UTF8.self) }
  }

  /// Adds what is known.
  func add(to metadata: inout Logger.Metadata) {
    metadata[.requestID] = marks.requestID.map { .string($0) }
    metadata[.traceID] = marks.trace.map { .string($0.id) }
    metadata[.from] = peer.map { .string($0) }
    metadata[.userAgent] = userAgent.map { .string($0) }
    metadata[.origin] = origin.map { .string($0) }
    metadata[.originMilliseconds] = originTime.map { .stringConvertible(AccessRecord.milliseconds($0)) }
  }
}

@available(*, unavailable)
extension AccessDetails: Sendable {}
