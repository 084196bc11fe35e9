/// The counters of a session whose stanzas are acknowledged, and those of ours that are not yet.
///
/// **Isolation**: its session's loop.
/// **Spec**: XEP-0198 §4, §5; counters are modulo 2³².
struct Acknowledgements {
  /// The name under which the session can be resumed; `nil` where it cannot.
  let id: String?
  /// How many stanzas of the server we have handled.
  private(set) var handled: UInt32 = 0
  /// What we have sent and the server has not acknowledged, in order.
  private(set) var unacknowledged: [[UInt8]] = []
  /// How many of ours the server has acknowledged.
  private var acknowledged: UInt32 = 0
  /// Whether the server has been asked, and has not answered.
  private(set) var isAsked = false

  init(id: String?) { self.id = id }

  /// A stanza of the server has been handled.
  mutating func stanzaReceived() { handled &+= 1 }

  /// A stanza of ours has been written.
  mutating func stanzaSent(_ bytes: [UInt8]) { unacknowledged.append(bytes) }

  /// The server has been asked how many it has.
  mutating func asked() { isAsked = true }

  /// The server has handled so many; `false` where it claims more than there were.
  mutating func acknowledged(_ count: UInt32) -> Bool {
    isAsked = false
    let new = Int(count &- acknowledged)
    guard new <= unacknowledged.count else { return false }
    unacknowledged.removeFirst(new)
    acknowledged = count
    return true
  }

  /// The connection is gone; whatever was asked is not answered any more.
  mutating func disconnected() { isAsked = false }

  /// An element `<a/>`.
  var answer: [UInt8] { Array("<a xmlns='\(Self.namespace)' h='\(handled)'/>".utf8) }

  /// An element `<r/>`.
  static let question = Array("<r xmlns='\(namespace)'/>".utf8)
  /// The protocol's namespace.
  static let namespace = "urn:xmpp:sm:3"
}
