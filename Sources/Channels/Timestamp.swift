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
  public init?(_ text: String) { fatalError() }

  public var description: String { fatalError() }

  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
}
