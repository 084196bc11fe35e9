package import GRIP
package import NIOCore

/// What the delivery core knows of a client's connection while it holds a request of it.
///
/// Written by the connection side (`Downstream/`), used by the hold table of the same event loop. The fast path needs only
/// `descriptor` and `framing`, which are copied into the table's slot when the hold starts: a held plain-TCP connection is
/// written with `send(2)`, and the methods here are called only when something else than a plain delivery happens.
///
/// **Isolation**: the connection's event loop, every member.
package protocol HoldSink: AnyObject {
  /// The socket, for direct `send(2)`; -1 where bytes must pass the pipeline (TLS, or bytes pending in it).
  var descriptor: Int32 { get }
  /// How the body of a stream is framed on this connection.
  var framing: StreamFraming { get }
  /// Whether the connection closes after this response (so `Connection: close` belongs in its head).
  var closesAfterResponse: Bool { get }
  /// Whether the request was `HEAD`: no body bytes may be written.
  var isHead: Bool { get }
  /// The version for the status line: 0 or 1 (`HTTP/1.x`).
  var minorVersion: Int { get }

  /// The slow path: the bytes go through NIO's queue. `holdTable.drained(slot)` follows when they have left (it may follow
  /// at once, inside this call); until then the table writes nothing more to this connection.
  func writeThroughPipeline(_ bytes: ByteBuffer)
  /// The table has written the whole response (head and body) itself or through the pipeline: the exchange is over, the
  /// connection serves its next request or closes.
  func responseCompleted()
  /// The held stream has ended; `isComplete` is false where it must look cut off (an error), so that no client takes it for
  /// whole. The connection writes the end (the last chunk) itself; the table has handed over everything before it.
  func streamEnded(isComplete: Bool)
  /// Asks the origin again with the original request; `lastIDs` become `Grip-Last` fields. The hold's slot is already free.
  func retry(lastIDs: [(channel: String, id: String)])
  /// Fetches a link (absolute, or a path: relative ones have been resolved against the hold's `uri`) through the hold's
  /// own route, signed, with `lastIDs` and none of the client's fields. Parts of the body
  /// arrive as they come; then exactly one `completed`. Cancelled when the returned object is told so.
  func fetch(link: String, lastIDs: [(channel: String, id: String)], receiver: any LinkReceiver) -> any LinkFetch
  /// Asks the service of a network filter, by the same way as a link; exactly one answer, not before this has returned.
  /// Cancelled when the returned object is told so.
  func ask(_ question: FilterQuestion, answer: @escaping (FilterAnswer) -> Void) -> any LinkFetch
  /// Closes the connection at once, for a numbered reason. The hold's slot is already free.
  func close(_ reason: CloseReason)
}

/// How the bytes of a held stream are wrapped.
package enum StreamFraming: Sendable {
  /// HTTP/1.1 chunks.
  case chunked
  /// As they are, ended by closing (HTTP/1.0).
  case untilClose
}

/// Takes what a next link answers.
///
/// **Isolation**: the hold's event loop.
package protocol LinkReceiver: AnyObject {
  /// A part of the body. The next one comes after `resume` was called.
  func bodyReceived(_ bytes: ByteBuffer, resume: @escaping () -> Void)
  /// The end. The failure's text is for the log.
  func completed(_ result: Result<GRIPInstruction, LinkFailure>)
}

/// Why a next link gave nothing.
package struct LinkFailure: Error, Sendable {
  /// For the log.
  package var text: String
  /// Whether asking again may help (could not connect, 5xx).
  package var isRetryable: Bool

  package init(_ text: String, isRetryable: Bool) {
    self.text = text
    self.isRetryable = isRetryable
  }
}

/// A link being fetched.
package protocol LinkFetch: AnyObject {
  /// Stops it; the receiver hears nothing more.
  func cancel()
}

/// What the connection side hands over when an origin's answer says hold.
package struct HoldRequest {
  /// The request's target, for logs and relative links.
  package var uri: String
  /// The route's id or condition, for logs and counters.
  package var routeID: String
  /// What the route puts before every channel name of the origin's.
  package var channelPrefix: String
  /// Channels that the route adds to every hold (`sub=`), full names. They stay when a next link replaces the others.
  package var implicitChannels: [String]
  /// Whether errors may be told to the client.
  package var isDebug: Bool
  /// Whether this is the answer to a retry.
  package var isRetry: Bool
  package var instruction: GRIPInstruction
  /// The time-out response of a long-poll, or the start of a stream. `Grip-…` and hop-by-hop fields are gone.
  package var response: GRIPResponse
  package var sink: any HoldSink
  /// Whether the head and the start of a stream have been written already, through the pipeline: a start that was too long
  /// to be kept. `response` is empty then.
  package var isStarted = false
  /// The route's explicit id, for statistics.
  package var statisticsRoute: String?
  /// Where a script asked by JSON-P: what the answer is put in.
  var envelope: JSONPEnvelope?

  package init(
    uri: String, routeID: String, channelPrefix: String, isDebug: Bool, isRetry: Bool, instruction: GRIPInstruction,
    response: GRIPResponse, sink: any HoldSink, implicitChannels: [String] = []
  ) {
    self.uri = uri
    self.routeID = routeID
    self.channelPrefix = channelPrefix
    self.implicitChannels = implicitChannels
    self.isDebug = isDebug
    self.isRetry = isRetry
    self.instruction = instruction
    self.response = response
    self.sink = sink
  }
}

/// A slot in a loop's hold table. Stale ones (of an ended hold) are recognised and ignored.
package struct HoldSlot: Sendable, Hashable {
  package var index: Int32
  package var generation: UInt32

  package init(index: Int32, generation: UInt32) {
    self.index = index
    self.generation = generation
  }
}

/// The hold table of one event loop, as the connection side sees it.
///
/// **Isolation**: its event loop.
package protocol HoldTableProtocol: AnyObject {
  /// Starts a hold, or asks the sink to `retry` where a channel has moved on. Returns the slot, or `nil` when the sink has
  /// been told what to do instead. Takes instructions with a hold, and those without one that have a next link. The head
  /// of a stream and its first part are written by the table, which also adds the framing fields.
  func hold(_ request: HoldRequest) -> HoldSlot?
  /// The client has gone, or the connection is closing: the slot is freed **before** the descriptor is closed.
  func clientGone(_ slot: HoldSlot)
  /// What was written through the pipeline has left it.
  func drained(_ slot: HoldSlot)
  /// What an operator is told of a hold; `nil` where it has ended.
  func report(_ slot: HoldSlot) -> HoldReport?
  /// What this loop tells of itself; `nil` where nobody wants to know.
  var statistics: LoopStatistics? { get }
}

extension HoldTableProtocol {
  package func report(_ slot: HoldSlot) -> HoldReport? { nil }
  package var statistics: LoopStatistics? { nil }
}
