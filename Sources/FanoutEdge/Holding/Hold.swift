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
  /// What a WebSocket's client is told its position with.
  var positionPrefix: String?
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
    /// The service of a network filter is asked about an item; the items behind it wait.
    case filtering
    /// The client did not read and its queue was full: when it has read everything, the origin is asked for the rest.
    case overrun
  }

  private let manner: Shared<HoldManner>
  let sink: any HoldSink
  /// Whether the origin has just been asked again.
  var isRetry: Bool
  /// What relative links are relative to.
  var uri: String
  var channels: [HeldChannel] = []
  var meta: [String: String]
  var state = State.holding

  // Long-polls.
  var sharedResponse: Shared<PollResponse>?
  var template: Int32 = -1

  // Streams.
  var sharedKeepAlive: Shared<GRIPKeepAlive>?
  private var sharedNextLink: Shared<GRIPNextLink>?
  /// What waits, while anything does.
  private(set) var backlog: Backlog?
  var fetch: LinkExchange?

  /// Since when the client takes nothing, in the table's time.
  var slowSince: TimeAmount?

  // Gaps and updates.
  /// The channels, a bit each, whose last item did not follow.
  var gaps: UInt32 = 0
  var isUpdateQueued = false

  /// What only a WebSocket has.
  var socket: SocketHold?

  // Timers.
  var timeoutTimer = TimerWheel.ID.none
  var keepAliveTimer = TimerWheel.ID.none
  var nextLinkTimer = TimerWheel.ID.none
  var updateTimer = TimerWheel.ID.none
  var stallTimer = TimerWheel.ID.none

  /// What a request brings; the rest is added when it is held.
  init(manner: Shared<HoldManner>, request: HoldRequest) {
    self.manner = manner
    sink = request.sink
    isRetry = request.isRetry
    uri = request.uri
    meta = request.instruction.meta
  }
}

extension Hold {
  var kind: HoldKind { manner.value.kind }
  var isDebug: Bool { manner.value.isDebug }
  var routeID: String { manner.value.routeID }
  var statisticsRoute: String? { manner.value.statisticsRoute }
  var channelPrefix: String { manner.value.channelPrefix }
  var implicitChannels: [String] { manner.value.implicitChannels }
  var response: PollResponse? { sharedResponse?.value }
  var keepAlive: GRIPKeepAlive? { sharedKeepAlive?.value }

  var nextLink: GRIPNextLink? {
    get { sharedNextLink?.value }
    set { sharedNextLink = newValue.map(Shared.init) }
  }

  /// What an update of a stream asks the origin, as far as others may ask the same.
  var updateKey: String? { kind == .stream ? sharedNextLink?.value.uri : nil }

  /// The place for what is to wait.
  func makeBacklog() -> Backlog {
    if let backlog { return backlog }
    let new = Backlog()
    backlog = new
    return new
  }

  /// Forgets the place where nothing waits any more.
  func dropBacklog() {
    if let backlog, backlog.queue.isEmpty, backlog.waiting.isEmpty, backlog.filtering == nil { self.backlog = nil }
  }
}

@available(*, unavailable)
extension Hold: Sendable {}

/// What the holds of a route have in common.
struct HoldManner: Equatable {
  var kind: HoldKind
  var isDebug: Bool
  var routeID: String
  var statisticsRoute: String?
  var channelPrefix: String
  var implicitChannels: [String]

  /// Of a request that is to be held.
  init(kind: HoldKind, request: HoldRequest) {
    self.kind = kind
    isDebug = request.isDebug
    routeID = request.routeID
    statisticsRoute = request.statisticsRoute
    channelPrefix = request.channelPrefix
    implicitChannels = request.implicitChannels
  }
}

/// What waits for one client; few have it.
final class Backlog {
  /// Until the client reads, with its bytes.
  var queue: [ByteBuffer] = []
  var queuedBytes = 0
  /// Until the next link has been read, or a filter's service has answered, with its bytes.
  var waiting: [EncodedItem] = []
  var waitingBytes = 0
  /// The item that a filter's service is asked about.
  var filtering: FilteringItem?
}

@available(*, unavailable)
extension Backlog: Sendable {}
