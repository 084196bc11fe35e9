import XMPP

/// A moment, to the millisecond, UTC.
///
/// **Shape**: `2013-05-13T20:17:56.537Z`. Reading also takes no fraction, other fractions and offsets (RFC 3339).
public struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  public var milliseconds: Int64

  /// A moment.
  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  /// Reads RFC 3339; `nil` where the text is none.
  ///
  /// Digits of the fraction beyond the third are cut off. A leap second (`:60`) is read as the second after it.
  public init?(_ text: String) {
    guard let moment = DateTime(text) else { return nil }
    milliseconds = moment.milliseconds
  }

  /// The moment in RFC 3339, with milliseconds, in UTC. Years outside 0 to 9999 are written as they are.
  public var description: String { DateTime(milliseconds: milliseconds).description }

  /// Earlier.
  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
}
