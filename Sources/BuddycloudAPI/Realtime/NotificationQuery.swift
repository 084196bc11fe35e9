import Channels
import Hummingbird

/// What a request for `/notifications/posts` asks.
struct NotificationQuery: Sendable {
  /// From where on.
  enum Since: Sendable, Hashable {
    /// From now on.
    case now
    /// Nothing but the position.
    case position
    /// After a position.
    case cursor(Int64)
    /// After a moment, in milliseconds since 1970: the form of 2014.
    case milliseconds(Int64)
  }

  /// How the answer looks.
  enum Format: Sendable, Hashable {
    case atom
    case json
    /// `text/event-stream`.
    case events
  }

  var since: Since
  var format: Format

  /// Reads a request.
  ///
  /// `since=` without a value is answered in JSON whatever `Accept` says. A `Last-Event-ID` is the newer word where a client sends
  /// both. Atom comes before JSON, as everywhere; events must be asked for by name.
  ///
  /// **Errors**: 400 in the words of 2013; 406.
  init(since: String?, lastEventID: String?, accept: String?) throws(APIError) {
    let isStream = MediaRanges(accept).name("text/event-stream")
    if isStream, let lastEventID, !lastEventID.isEmpty {
      self.since = .cursor(try Self.number(Substring(lastEventID)))
    } else {
      self.since = try since.map { text throws(APIError) in try Self.parse(text) } ?? .now
    }
    if isStream {
      format = .events
      if self.since == .position { self.since = .now }
    } else if self.since == .position {
      format = .json
    } else {
      switch AtomEncoding.negotiate(accept: accept) {
      case .atom: format = .atom
      case .json: format = .json
      case nil: throw APIError(.notAcceptable, "accept application/atom+xml, application/json or text/event-stream")
      }
    }
  }

  private static func parse(_ text: String) throws(APIError) -> Since {
    if text.isEmpty { return .position }
    if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int64(text) {
      return .milliseconds(number)
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "cursor" else {
      throw .historic(.badRequest, body: "Error: Invalid since value\n")
    }
    return .cursor(try number(parts[1]))
  }

  /// Reads a number as C's `strtol` does: blanks, a sign, and the digits that follow; what comes after is ignored, and a number that
  /// is too large is the largest. Negative numbers are refused.
  private static func number(_ text: Substring) throws(APIError) -> Int64 {
    let invalid = APIError.historic(.badRequest, body: "Error: Invalid cursor value\n")
    var rest = text.utf8.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !digits.isEmpty else { throw invalid }
    // Half of the range leaves room for arithmetic on cursors.
    let number = min(Int64(Substring(digits)) ?? .max, .max / 2)
    guard !isNegative || number == 0 else { throw invalid }
    return number
  }
}

/// What to do with a request for notifications.
enum NotificationDecision: Sendable, Hashable {
  /// There is news, or events may have been lost.
  case answer(events: [ChannelEvent], cursor: Int64, isReset: Bool)
  /// There is nothing: wait from here.
  case hold(at: Int64)

  /// Decides. A cursor beyond the queue's end waits at the end: it resynchronises silently.
  ///
  /// - Parameters:
  ///   - cursor: `nil` waits for what comes.
  ///   - page: the queue after the cursor.
  init(cursor: Int64?, page: EventPage) {
    guard let cursor, cursor < page.head, !page.events.isEmpty || page.isReset else {
      self = .hold(at: page.head)
      return
    }
    self = .answer(events: page.events, cursor: page.events.last?.sequence ?? page.head, isReset: page.isReset)
  }
}
