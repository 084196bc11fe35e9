public import HTTPTypes

/// How the proxy holds the client's request.
public enum GRIPHold: Sendable, Hashable {
  /// Long-poll: one item completes the request; after `timeout` (default 55 s, at least 5 s) the response that came
  /// with the instruction does.
  case response(timeout: Duration)
  /// The response that came with the instruction is sent at once and stays open for items.
  case stream(keepAlive: GRIPKeepAlive?)
}

/// What the proxy writes to a quiet stream, and when.
public struct GRIPKeepAlive: Sendable, Hashable {
  /// When the timer restarts.
  public enum Mode: String, Sendable, Hashable {
    /// The timer restarts with every item that is written.
    case idle
    /// The timer runs on, whatever is written.
    case interval
  }

  /// The bytes to write, never empty.
  public var content: [UInt8]
  /// When the timer restarts.
  public var mode: Mode
  /// The time between two writes, at least 1 s; default 55 s.
  public var timeout: Duration

  /// A keep-alive.
  public init(content: [UInt8], mode: Mode = .idle, timeout: Duration = .seconds(55)) {
    self.content = content
    self.mode = mode
    self.timeout = timeout
  }
}

/// What an origin asks of the proxy in front of it.
///
/// **Spec**: GRIP instructions in header form (`Grip-Hold`, `Grip-Channel`, …) and in body form
/// (`application/grip-instruct`); both on one response add up.
public struct GRIPInstruction: Sendable, Hashable {
  /// How to hold; `nil` answers at once.
  public var hold: GRIPHold?
  /// What the held request listens to.
  public var channels: [GRIPChannel]
  /// Values that filters see, per connection.
  public var meta: [String: String]
  /// Where a stream continues (`Grip-Link: <uri>; rel=next`), with the longest time before it is asked; 120 s by default.
  public var nextLink: GRIPNextLink?
  /// What is told when the held request ends (`rel=gone`).
  public var goneLink: String?
  /// Last ids that the origin tells the proxy (`Grip-Last` on a response): channel name to id.
  public var lastIDs: [String: String]
  /// Header names that alone reach the client; empty exposes everything that is not `Grip-…`.
  public var exposedHeaders: [String]

  /// An instruction.
  public init(
    hold: GRIPHold? = nil, channels: [GRIPChannel] = [], meta: [String: String] = [:], nextLink: GRIPNextLink? = nil,
    goneLink: String? = nil, lastIDs: [String: String] = [:], exposedHeaders: [String] = []
  ) {
    self.hold = hold
    self.channels = channels
    self.meta = meta
    self.nextLink = nextLink
    self.goneLink = goneLink
    self.lastIDs = lastIDs
    self.exposedHeaders = exposedHeaders
  }
}

/// Where a held stream gets what it missed.
public struct GRIPNextLink: Sendable, Hashable {
  /// The URI as written, possibly relative to the request's.
  public var uri: String
  /// The longest time an idle stream waits before the link is asked.
  public var timeout: Duration

  /// A next link.
  public init(_ uri: String, timeout: Duration = .seconds(120)) {
    self.uri = uri
    self.timeout = timeout
  }
}

/// The response that an instruction carries for the client: the first part of a stream, or the answer at time-out.
public struct GRIPResponse: Sendable, Hashable {
  /// 0 to 999; 200 by default.
  public var status: Int
  /// The reason phrase; `nil` takes the standard one.
  public var reason: String?
  /// The header fields, without `Grip-…` ones.
  public var headers: HTTPFields
  /// The body.
  public var body: [UInt8]

  /// A response.
  public init(status: Int = 200, reason: String? = nil, headers: HTTPFields = HTTPFields(), body: [UInt8] = []) {
    self.status = status
    self.reason = reason
    self.headers = headers
    self.body = body
  }
}
