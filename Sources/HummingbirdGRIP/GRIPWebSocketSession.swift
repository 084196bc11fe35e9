public import GRIP
public import HTTPTypes

/// One exchange of a WebSocket that a GRIP proxy turns into HTTP requests: what the proxy told, and what it is answered.
///
/// A value that lives as long as one request: what must outlast it is in `meta`, which the proxy keeps and sends along.
/// **Spec**: GRIP §15, §16.
public struct GRIPWebSocketSession: Sendable {
  /// Which WebSocket this is: the same in all of its requests.
  public let connectionID: String
  /// Values that the proxy keeps for this connection, names in lower case. A change is sent back; removing a name, or an
  /// empty value, deletes it.
  public var meta: [String: String]
  /// Header fields of the answer to the client's handshake, `Sec-WebSocket-Protocol` for example.
  public var headers = HTTPFields()
  /// The time after which an idle connection asks again: at least 20 s with Pushpin, `.zero` switches it off, `nil` leaves
  /// it as it is, off in the beginning. Rounded up to whole seconds.
  public var keepAliveInterval: Duration?
  /// How many of the `offeredBytes` are taken, `nil` for all. The proxy sends the rest again, in front of what comes next.
  /// Where it ends inside a text, it must end between two characters: the rest is a text of its own.
  public var acceptedBytes: Int?
  /// Bytes of content in this request's events.
  public let offeredBytes: Int
  /// Of these, how many the proxy had sent before, because they were not accepted.
  public let replayedBytes: Int
  /// Whether the client asks for the connection: `accept()` or `reject(_:)` it.
  public let isOpening: Bool

  private let limits: GRIPLimits
  private let initialMeta: [String: String]
  /// What the proxy offers; without it there are no orders to the proxy, and no prefixes.
  let grip: GRIPWebSocketExtension?
  private(set) var isAccepted = false
  private(set) var rejection: HTTPResponse.Status?
  private(set) var outgoing: [GRIPWebSocketEvent] = []
  private(set) var end: GRIPWebSocketEvent?

  /// - Parameter grip: the extension with the message prefix that all requests of this connection use.
  init(
    connectionID: String, meta: [String: String], events: [GRIPWebSocketEvent], replayedBytes: Int,
    grip: GRIPWebSocketExtension?, limits: GRIPLimits
  ) {
    self.connectionID = connectionID
    self.meta = meta
    self.replayedBytes = replayedBytes
    self.grip = grip
    self.limits = limits
    initialMeta = meta
    isOpening = events.first == .open
    offeredBytes = events.reduce(0) { $0 + $1.contentBytes }
  }

  /// The client may connect. Only where `isOpening`.
  public mutating func accept() {
    isAccepted = true
    rejection = nil
  }

  /// The client may not connect, and gets this status (200 counts as 403). Only where `isOpening`.
  public mutating func reject(_ status: HTTPResponse.Status) {
    isAccepted = false
    rejection = status == .ok ? .forbidden : status
  }

  /// Sends a text message to the client.
  public mutating func send(_ text: String) {
    outgoing.append(.text((grip?.messagePrefix ?? "") + text))
  }

  /// Sends a binary message to the client.
  public mutating func send(_ bytes: [UInt8]) {
    outgoing.append(.binary(Array((grip?.messagePrefix ?? "").utf8) + bytes))
  }

  /// Sends a ping of at most 125 bytes to the client.
  public mutating func ping(_ payload: [UInt8] = []) {
    outgoing.append(.ping(payload))
  }

  /// Begins, or answers, the close handshake. What is sent later does not count.
  ///
  /// - Parameter code: one of 1000-1003, 1007-1014 and 3000-4999.
  public mutating func close(code: Int = 1000, reason: String = "") {
    if end == nil { end = .close(code: code, reason: reason) }
  }

  /// Ends the connection without a handshake.
  public mutating func disconnect() {
    if end == nil { end = .disconnect }
  }

  /// The client listens to a channel from now on, by the name that the proxy knows it by less any route prefix.
  ///
  /// **Errors**: a name or filters that cannot be written, a proxy that does not speak GRIP on this connection.
  public mutating func subscribe(_ channel: String, filters: [String] = []) throws {
    try control(.subscribe(channel: channel, filters: filters))
  }

  /// The client no longer listens to a channel.
  public mutating func unsubscribe(_ channel: String) throws {
    try control(.unsubscribe(channel: channel))
  }

  /// Says anything to the proxy: a keep-alive, a delayed message, a value for filters.
  ///
  /// **Errors**: what cannot be written, a proxy that does not speak GRIP on this connection.
  public mutating func control(_ message: GRIPControlMessage) throws {
    guard grip != nil else {
      throw GRIPEncodingError("the proxy does not offer the grip extension on this connection")
    }
    outgoing.append(.text(try message.encoded(limits: limits)))
  }

  /// `Set-Meta-…` for what has changed, by name.
  func metaFields() throws(GRIPEncodingError) -> HTTPFields {
    var fields = HTTPFields()
    for name in Set(meta.keys).union(initialMeta.keys).sorted() {
      let value = meta[name] ?? ""
      guard value != initialMeta[name] ?? "" else { continue }
      guard !name.isEmpty, let field = HTTPField.Name("Set-Meta-\(name)"), HTTPField.isValidValue(value) else {
        throw GRIPEncodingError("a meta name or value holds what a header cannot carry")
      }
      fields.append(HTTPField(name: field, value: value))
    }
    return fields
  }
}
