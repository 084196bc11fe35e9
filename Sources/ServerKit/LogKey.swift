package import Logging

/// The keys of log metadata, all of them: whoever filters logs finds them here.
package enum LogKey: String, Sendable, CaseIterable {
  case address
  case connection = "conn.id"
  case count
  case cursor
  case delay
  case endpoint
  case errorCode = "error.code"
  case errorDetail = "error.detail"
  case gripChannel = "grip.channel"
  case option
  case path
  case reason
  case requestID = "request.id"
  case route
  case status
  case user
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
