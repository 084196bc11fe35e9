import GRIP
import HTTPTypes
import Logging
import NIOCore

/// A client's WebSocket and its origin, and between them the edge: it reads what the origin says to the proxy, and is what
/// the hold table holds.
///
/// **Spec**: GRIP proxy §16; closing §14.2.
/// **Shape**: `SocketSession+….swift` has one concern each: `Control`, `Sink`.
/// **Isolation**: its event loop, every member.
final class SocketSession {
  /// What the session is part of.
  struct Settings {
    /// For logs.
    var connectionID: String
    /// The request's path.
    var uri: String
    var routeID: String
    /// What the route puts before every channel name of the origin's.
    var channelPrefix: String
    /// Whether errors may be told to the client.
    var isDebug: Bool
    /// The route's explicit id, for statistics.
    var statisticsRoute: String?
    /// Bounds of what the origin says.
    var limits = GRIPLimits()
  }

  /// How far it has come.
  enum Phase {
    /// The origin has not answered.
    case opening
    case open
    /// The client has sent its close frame; the origin's answer is waited for.
    case clientClosing
    /// The origin has sent its close frame; the client's answer is waited for.
    case originClosing
    /// The edge ends both sides; the client's answer is waited for.
    case ending
    case over
  }

  let settings: Settings
  let logger: Logger
  let table: HoldTable
  private(set) var phase = Phase.opening
  /// `nil` when it is over.
  private(set) var client: (any SocketClient)?
  /// `nil` when it has been let go of.
  private(set) var origin: (any SocketOrigin)?
  /// In the table, while it is held.
  var slot: HoldSlot?
  /// Asks the service of a network filter, for the target that has accepted the WebSocket; as `HoldSink.ask`.
  var asking: ((FilterQuestion, OriginTarget, @escaping (FilterAnswer) -> Void) -> any LinkFetch)?
  /// The one that has.
  private(set) var target: OriginTarget?
  private var reader: OriginMessageReader?
  private var isClientMessageOpen = false
  /// What is asked as soon as the client's message has ended.
  private var pendingResume: [(channel: String, id: String)]?

  /// A session for a client that waits for its 101.
  init(client: any SocketClient, table: HoldTable, settings: Settings, logger: Logger) {
    self.client = client
    self.table = table
    self.settings = settings
    self.logger = logger
  }

  /// Asks the origin.
  func start(_ origin: any SocketOrigin) {
    self.origin = origin
    origin.open()
  }

  /// Ends both sides: the edge has a reason of its own. The client is told it behind what waits for it.
  func end(_ close: SocketClose) {
    guard phase == .open else { return }
    phase = .ending
    let origin = origin
    self.origin = nil
    origin?.close(SocketClose())
    closeClient(close)
  }

  /// Lets the origin go; the client stays (control message `detach`).
  func detach() {
    let origin = origin
    self.origin = nil
    reader = nil
    origin?.detach()
    // What it sends is discarded from now on.
    client?.resumeReading()
  }

  /// Asks the origin for what the client missed; between two of the client's messages.
  func resume(_ lastIDs: [(channel: String, id: String)]) {
    if isClientMessageOpen { pendingResume = lastIDs } else { origin?.resume(lastIDs) }
  }

  /// Behind what waits.
  private func closeClient(_ close: SocketClose) {
    if let slot { table.close(slot, close) } else { client?.close(close) }
  }

  /// Everything is done: nobody hears anything more.
  func finish() {
    phase = .over
    if let slot {
      self.slot = nil
      table.clientGone(slot)
    }
    origin = nil
    client = nil
  }

  /// Drops both sides at once.
  func drop(_ reason: CloseReason) {
    let (origin, client) = (origin, client)
    finish()
    origin?.clientLost()
    client?.drop(reason)
  }
}

extension SocketSession: SocketClientReceiver {
  var heldSlot: HoldSlot? { slot }

  var acceptsClientFrames: Bool {
    switch phase {
    case .opening: false
    case .open: origin?.isWritable ?? true
    case .clientClosing, .originClosing, .ending, .over: true
    }
  }

  func clientSent(_ frame: SocketFrame) {
    guard phase == .open else { return }
    if frame.kind == .text || frame.kind == .binary { isClientMessageOpen = !frame.isLast }
    origin?.send(frame)
    if !isClientMessageOpen, let lastIDs = pendingResume {
      pendingResume = nil
      origin?.resume(lastIDs)
    }
  }

  func clientClosed(_ close: SocketClose) {
    switch phase {
    case .open:
      phase = .clientClosing
      // Nothing is delivered any more.
      if let slot {
        self.slot = nil
        table.clientGone(slot)
      }
      if let origin { return origin.close(close) }
      let client = client
      finish()
      client?.close(close)
    case .originClosing:
      let origin = origin
      finish()
      origin?.close(close)
    case .ending: finish()
    case .opening: clientLost()
    case .clientClosing, .over: break
    }
  }

  func clientLost() {
    guard phase != .over else { return }
    let origin = origin
    finish()
    origin?.clientLost()
  }

  func clientDrained() {
    if let slot { table.drained(slot) }
  }

  func clientWritable() {
    if let slot { table.drained(slot) } else { origin?.resumeReading() }
  }
}

extension SocketSession: SocketOriginReceiver {
  var acceptsOriginFrames: Bool {
    guard let slot else { return client?.isWritable ?? true }
    return table.queuedBytes(slot) < table.configuration.queuedBytesPerHold
  }

  func originOpened(fields: HTTPFields, grip: GRIPWebSocketExtension?, target: OriginTarget) {
    guard phase == .opening, let client else { return }
    phase = .open
    self.target = target
    reader = grip.map { OriginMessageReader($0, limit: settings.limits.controlMessageBytes) }
    client.accept(fields: fields)
    guard phase == .open else { return }
    var request = HoldRequest(
      uri: settings.uri, routeID: settings.routeID, channelPrefix: settings.channelPrefix,
      isDebug: settings.isDebug, isRetry: false, instruction: GRIPInstruction(), response: GRIPResponse(),
      sink: self, implicitChannels: target.implicitChannels)
    request.statisticsRoute = settings.statisticsRoute
    slot = table.hold(self, request: request)
    client.resumeReading()
  }

  func originRejected(status: Int, reason: String?, fields: HTTPFields, body: ByteBuffer) {
    guard phase == .opening else { return }
    let client = client
    finish()
    client?.reject(status: status, reason: reason, fields: fields, body: body)
  }

  func originFailed(_ error: ProxyError) {
    guard phase == .opening else { return }
    let client = client
    finish()
    client?.fail(error)
  }

  func originSent(_ frame: SocketFrame) {
    guard phase == .open || phase == .clientClosing, origin != nil else { return }
    guard reader != nil else { return forward(frame) }
    switch reader?.read(frame) {
    case .forward(let frame)?: forward(frame)
    case .control(let json)?: controlReceived(json)
    case nil: break
    }
  }

  private func forward(_ frame: SocketFrame) {
    if let slot { table.send(frame, to: slot) } else { client?.send(frame) }
  }

  func originClosed(_ close: SocketClose) {
    switch phase {
    case .open:
      phase = .originClosing
      closeClient(close)
    case .clientClosing:
      let client = client
      finish()
      client?.close(close)
    case .opening: originFailed(.origin("Error: the origin closed the connection."))
    case .originClosing, .ending, .over: break
    }
  }

  func originLost(_ reason: String) {
    guard origin != nil, phase != .over, phase != .ending else { return }
    logger.debug(
      "a WebSocket's origin is gone", metadata: ["conn.id": "\(settings.connectionID)", "error": "\(reason)"])
    if phase == .opening { return originFailed(.origin("Error: \(reason)")) }
    let client = client
    finish()
    client?.drop(.originLost)
  }

  func originWritable() {
    client?.resumeReading()
  }
}

@available(*, unavailable)
extension SocketSession: Sendable {}
