import NIOCore

/// What is kept of a request while it is held: enough to ask the origin again, in as few bytes as can be.
struct HeldRequest {
  /// The head as the client could have sent it, parsed again when it is needed.
  var head: [UInt8]
  /// The whole body.
  var body: [UInt8]
  /// The route of its first forwarding; a reload does not change it.
  var route: Route
  /// Which of the route's targets answered.
  var targetIndex: Int
  /// What is told when it is held no more; `nil` for most.
  var goneLink: Shared<String>?
  /// Whether the client came by TLS.
  var isSecure = false
  /// In the table; `nil` for the moment before the table has said.
  var slot: HoldSlot?
  /// Whether something that the table wrote left before it gave the slot.
  var isDrained = false
  /// Where a script asked for it by JSON-P.
  var envelope: JSONPEnvelope?
  /// When the request came, for the access log.
  var began: NIODeadline

  /// The head as a value again.
  func parsedHead(limits: MessageLimits) -> RequestHead? {
    var limits = limits
    // It was accepted once, and is written with a Host of its own.
    limits.maxHeadBytes += 1024
    limits.maxFields += 1
    var parser = RequestParser(limits: limits)
    var buffer = ByteBuffer(bytes: head)
    guard let event = try? parser.next(&buffer), case .head(let head, _, _) = event else { return nil }
    return head
  }
}
