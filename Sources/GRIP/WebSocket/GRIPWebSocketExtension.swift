public import HTTPTypes

extension HTTPField.Name {
  /// `Connection-Id`: which WebSocket a request is about (GRIP §15.1).
  public static let connectionID = HTTPField.Name("Connection-Id")!
  /// `Content-Bytes-Accepted`: how much of the request's content an origin has taken.
  public static let contentBytesAccepted = HTTPField.Name("Content-Bytes-Accepted")!
  /// `Content-Bytes-Replayed`: how much of the request's content an origin has seen before.
  public static let contentBytesReplayed = HTTPField.Name("Content-Bytes-Replayed")!
  /// `Keep-Alive-Interval`: seconds after which an idle connection asks its origin.
  public static let keepAliveInterval = HTTPField.Name("Keep-Alive-Interval")!
}

/// The `grip` extension of a WebSocket between a proxy and an origin: it tells messages for the client from words for
/// the proxy.
///
/// **Shape**: `Sec-WebSocket-Extensions: grip; message-prefix="m:"`. **Spec**: GRIP §16.1, §16.2.
public struct GRIPWebSocketExtension: Sendable, Hashable {
  /// What a control message begins with; it cannot be changed.
  public static let controlPrefix = "c:"

  /// What a message for the client begins with, and the client does not see.
  ///
  /// An origin that sends what others have written should not take the empty one: a text that begins with `c:` would
  /// then be an order to the proxy.
  public var messagePrefix: String

  /// The extension.
  public init(messagePrefix: String = "m:") {
    self.messagePrefix = messagePrefix
  }

  /// The extension that a request offers or a response takes, `nil` where there is none.
  ///
  /// Extensions of other names are nobody's business here; of two `grip` the first counts.
  ///
  /// **Errors**: a prefix that is longer than the limit, or holds a control character.
  public static func decode(
    _ fields: HTTPFields, limits: GRIPLimits = GRIPLimits()
  ) throws(GRIPDecodingError) -> GRIPWebSocketExtension? {
    guard let element = HeaderElement.list(fields[values: .secWebSocketExtensions]).first(where: { $0.first == "grip" })
    else { return nil }
    guard let prefix = element["message-prefix"] else { return GRIPWebSocketExtension() }
    if let problem = problem(prefix, limits: limits) { throw GRIPDecodingError("Sec-WebSocket-Extensions: \(problem)") }
    return GRIPWebSocketExtension(messagePrefix: prefix)
  }

  /// The value of `Sec-WebSocket-Extensions`; the prefix is left out where it is the default.
  ///
  /// **Errors**: a prefix that a header cannot carry, that is too long, or that begins with `c:` and so would make every
  /// text a control message.
  public func headerValue(limits: GRIPLimits = GRIPLimits()) throws(GRIPEncodingError) -> String {
    if let problem = Self.problem(messagePrefix, limits: limits) { throw GRIPEncodingError(problem) }
    guard !messagePrefix.utf8.starts(with: Self.controlPrefix.utf8) else {
      throw GRIPEncodingError("a message prefix must not begin with \(Self.controlPrefix)")
    }
    return messagePrefix == "m:" ? "grip" : "grip; message-prefix=\(FieldText.quoted(messagePrefix))"
  }

  private static func problem(_ prefix: String, limits: GRIPLimits) -> String? {
    if prefix.utf8.count > limits.messagePrefixBytes {
      return "a message prefix is longer than \(limits.messagePrefixBytes) bytes"
    }
    return FieldText.hasControls(prefix) ? "a message prefix holds a control character" : nil
  }

  /// What an origin's message is, by its first bytes.
  public enum Meaning: Sendable, Hashable {
    /// An order to the proxy: the JSON text after `c:`.
    case control([UInt8])
    /// For the client: the number of bytes to leave out in front.
    case message(prefix: Int)
    /// For nobody: it begins with neither.
    case nothing
  }

  /// What a message is: control first, and only as text, then by prefix (GRIP §16.2).
  ///
  /// - Parameter content: the whole message, or a part that holds its beginning; of a control message all of it.
  public func meaning(of content: some Collection<UInt8>, isText: Bool) -> Meaning {
    if isText && content.starts(with: Self.controlPrefix.utf8) {
      return .control(Array(content.dropFirst(Self.controlPrefix.utf8.count)))
    }
    return content.starts(with: messagePrefix.utf8) ? .message(prefix: messagePrefix.utf8.count) : .nothing
  }
}
