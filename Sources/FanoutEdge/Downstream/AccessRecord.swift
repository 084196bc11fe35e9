import Logging
import NIOCore

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

  /// One line.
  func log(to logger: Logger, connection: Int, isComplete: Bool, now: NIODeadline) {
    logger.info(
      "request",
      metadata: [
        "conn.id": "\(connection)", "method": "\(method)", "path": "\(path)", "route": "\(route)",
        "status": "\(status)",
        "bytes": "\(bytes)", "complete": "\(isComplete)", "ms": "\((now - began).nanoseconds / 1_000_000)",
      ])
  }
}
