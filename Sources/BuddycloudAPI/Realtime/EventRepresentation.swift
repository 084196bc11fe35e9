import Channels
import GRIP

/// An event as each kind of listener gets it, encoded once for all of them.
struct EventRepresentation: Sendable {
  /// The position, in decimal digits.
  let id: String
  /// The body that completes a long-poll, as JSON.
  let json: String
  /// The same as Atom.
  let atom: String
  /// The event of an event stream.
  let stream: String

  /// Encodes an event.
  init(_ event: ChannelEvent, writer: AtomWriter) {
    id = String(event.sequence)
    json = EventAnswer(events: [event], cursor: event.sequence).json()
    atom = writer.feed(of: [event], cursor: event.sequence)
    stream = event.streamText
  }
}

/// What a long-poll is answered with.
///
/// **Shape** (JSON): `{"last_cursor":"2","items":[…]}`; with retractions among the events, `"retracted":[{"id":…,"source":…}]` after
/// the items; `"reset":true` at the end where events may be missing before the first.
struct EventAnswer: Sendable {
  /// Oldest first.
  var events: [ChannelEvent]
  /// Where the client goes on.
  var cursor: Int64
  /// The client's position in the form of 2014: a time in milliseconds; `nil` leaves it out.
  var last: Int64?
  /// Whether events may be missing before the first.
  var isReset = false

  /// The JSON form.
  func json() -> String {
    var items: [JSONValue] = []
    var retracted: [JSONValue] = []
    for event in events {
      switch event.change {
      case .published(let entry): items.append(entry.json(hasSource: true))
      case .retracted: retracted.append(event.retraction)
      case .subscriptionChanged, .affiliationChanged, .configured, .nodeDeleted, .accessReduced: break
      }
    }
    return JSONValue.object([
      "last_cursor": .string(String(cursor)),
      "last": last.map { .string(String($0)) },
      "items": .array(items),
      "retracted": retracted.isEmpty ? nil : .array(retracted),
      "reset": isReset ? .bool(true) : nil,
    ]).text
  }
}

extension ChannelEvent {
  /// Which entry is gone.
  fileprivate var retraction: JSONValue {
    var id = ""
    if case .retracted(let retracted) = change { id = retracted }
    return .object(["id": .string(id), "source": .string(node.path)])
  }

  /// The event in `text/event-stream`: `post` with the entry, or `retract` with the entry's id and source.
  var streamText: String {
    switch change {
    case .published(let entry):
      "id: \(sequence)\nevent: post\ndata: \(entry.json(hasSource: true).text)\n\n"
    case .retracted:
      "id: \(sequence)\nevent: retract\ndata: \(retraction.text)\n\n"
    // Not in the queues of clients.
    case .subscriptionChanged, .affiliationChanged, .configured, .nodeDeleted, .accessReduced: ""
    }
  }
}
