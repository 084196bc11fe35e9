import GRIP
import NIOCore

/// A channel of a hold.
struct HeldChannel {
  /// As the origin names it.
  var name: String
  /// In the loop's channel table.
  var index: Int32
  /// In the channel's list of members.
  var member: Int
  var filter: DeliveryFilter
  /// Whether nobody on this loop listened to it before.
  var isNew: Bool
}

/// What is kept of a held request beside its slot: everything that a plain delivery does not need.
///
/// **Isolation**: its loop.
final class Hold {
  /// What a stream is doing.
  enum State {
    /// Items are written as they come.
    case holding
    /// The next link is being fetched, or waits to be asked again; items wait.
    case fetching
    /// The client did not read and its queue was full: when it has read everything, the origin is asked for the rest.
    case overrun
  }

  let kind: HoldKind
  let sink: any HoldSink
  let isDebug: Bool
  let isRetry: Bool
  let routeID: String
  let channelPrefix: String
  let implicitChannels: [String]
  /// What relative links are relative to.
  var uri: String
  var channels: [HeldChannel] = []
  var meta: [String: String]
  var state = State.holding

  // Long-polls.
  var response: PollResponse?
  var template: Int32 = -1

  // Streams.
  var keepAlive: GRIPKeepAlive?
  var nextLink: GRIPNextLink?
  /// What waits for the client to read.
  var queue: [ByteBuffer] = []
  var queuedBytes = 0
  /// What waits for the next link.
  var waiting: [EncodedItem] = []
  var waitingBytes = 0
  var fetch: LinkExchange?

  // Gaps and updates.
  /// The channels, a bit each, whose last item did not follow.
  var gaps: UInt32 = 0
  var isUpdateQueued = false

  // Timers.
  var timeoutTimer = TimerWheel.ID.none
  var keepAliveTimer = TimerWheel.ID.none
  var nextLinkTimer = TimerWheel.ID.none
  var updateTimer = TimerWheel.ID.none
  var stallTimer = TimerWheel.ID.none

  /// What a request brings; the rest is added when it is held.
  init(kind: HoldKind, request: HoldRequest) {
    self.kind = kind
    sink = request.sink
    isDebug = request.isDebug
    isRetry = request.isRetry
    implicitChannels = request.implicitChannels
    routeID = request.routeID
    channelPrefix = request.channelPrefix
    uri = request.uri
    meta = request.instruction.meta
  }
}

@available(*, unavailable)
extension Hold: Sendable {}
