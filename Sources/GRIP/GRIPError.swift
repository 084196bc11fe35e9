/// What is wrong with bytes that should be GRIP. The text says what was found and what is accepted; it holds no secret.
public struct GRIPDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong and what is accepted, one line, fit for a peer that may be told.
  public let description: String

  /// An error with its text.
  public init(_ description: String) {
    self.description = description
  }
}

/// Why a value cannot be written as GRIP (a line break in a channel name, for example).
public struct GRIPEncodingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, one line.
  public let description: String

  /// An error with its text.
  public init(_ description: String) {
    self.description = description
  }
}
