/// What the service of a network filter is asked.
///
/// **Spec**: GRIP proxy §13.6.
package struct FilterQuestion {
  /// Absolute, or a path.
  package var url: String
  /// The connection's meta (`Sub-Meta`).
  package var subscriber: [String: String]
  /// The item's meta (`Pub-Meta`).
  package var item: [String: String]
  /// Become `Grip-Last`.
  package var lastIDs: [(channel: String, id: String)]
  /// The content that may be changed (`http-modify`); `nil` where the service only decides (`http-check`).
  package var content: [UInt8]?
}

/// What the service says.
package enum FilterAnswer: Sendable, Hashable {
  /// Deliver, with another content where there is one.
  case pass([UInt8]?)
  case drop
  /// No usable answer; the text is for the log and for debug routes.
  case failed(String)
}
