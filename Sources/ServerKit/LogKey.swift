package import Logging

/// The keys of log metadata, all of them: whoever filters logs finds them here.
package enum LogKey: String, Sendable, CaseIterable {
  case address
  case bytes
  case channels = "grip.channels"
  case connection = "conn.id"
  case connections
  case count
  case cursor
  case delay
  case domain
  case endpoint
  case errorCode = "error.code"
  case errorDetail = "error.detail"
  case from
  case gripChannel = "grip.channel"
  case held
  case isComplete = "complete"
  case isRetry = "retry"
  case itemID = "item.id"
  case link
  case method
  case milliseconds = "ms"
  case option
  case origin
  case originMilliseconds = "origin.ms"
  case path
  case reason
  case receivers
  case requestID = "request.id"
  case requests
  case route
  case secondsLeft = "seconds.left"
  case sequence
  case status
  case traceID = "trace.id"
  case transport
  case uri
  case user
  case userAgent = "user.agent"
  case version
}

extension Logger.Metadata {
  /// The value under one of our keys.
  package subscript(key: LogKey) -> Logger.MetadataValue? {
    get { self[key.rawValue] }
    set { self[key.rawValue] = newValue }
  }

  /// Metadata from our keys.
  package static func keys(_ values: [LogKey: any CustomStringConvertible & Sendable]) -> Logger.Metadata {
    var metadata = Logger.Metadata()
    for (key, value) in values {
      metadata[key.rawValue] = .stringConvertible(value)
    }
    return metadata
  }
}
