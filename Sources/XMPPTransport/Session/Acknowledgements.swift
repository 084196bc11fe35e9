import XMPP

/// A session whose stanzas are counted, with the name under which it can be resumed.
///
/// **Isolation**: its session's loop.
/// **Spec**: XEP-0198 §4, §5.
struct Acknowledgements {
  /// The name under which the session can be resumed; `nil` where it cannot.
  let id: String?
  private var counter: StreamCounter<[UInt8]>

  init(id: String?, maxUnacknowledged: Int) {
    self.id = id
    counter = StreamCounter(maxUnacknowledged: maxUnacknowledged, askEvery: 1)
  }

  /// How many stanzas of the server we have handled.
  var handled: UInt32 { counter.handled }
  /// What we have sent and the server has not acknowledged, in order.
  var unacknowledged: [[UInt8]] { counter.unacknowledged }
  /// How many more may be written.
  var room: Int { counter.maxUnacknowledged - counter.unacknowledgedCount }

  /// A stanza of the server has been handled.
  mutating func stanzaReceived() { counter.noteHandled() }

  /// A stanza of ours is being written; gives whether the server is to be asked how many it has. Beyond the bound, as at a
  /// goodbye, a stanza is not kept.
  mutating func stanzaSent(_ bytes: [UInt8]) -> Bool { (try? counter.send(bytes)) == .ask }

  /// The server is asked for another reason.
  mutating func asked() { counter.noteAsked() }

  /// The server has handled so many; throws what it is told where it claims more than there were.
  mutating func acknowledged(_ count: UInt32) throws(StreamError) { try counter.acknowledge(count) }

  /// The session goes on; gives what is to be sent again.
  mutating func resumed(_ count: UInt32) throws(StreamError) -> [[UInt8]] { try counter.resume(handledByPeer: count) }

  /// What the server is told that asks.
  var answer: [UInt8] { counter.answer.element.bytes }

  /// What asks the server.
  static let question = StreamManagement.request.element.bytes
}

extension XMLElement {
  /// The element as it is sent.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    serialize(into: &bytes)
    return bytes
  }
}
