import Logging
import NIOCore
import ServerKit

/// A client's connection: reads its requests one at a time, writes the responses in order.
///
/// The decisions are `DownstreamMachine`'s, the bytes `RequestParser`'s and `MessageEncoder`'s; this is the thin part
/// between them and NIO. It stands alone in its pipeline, so nothing has to be taken out of it while a request is held.
///
/// **Isolation**: its event loop, every member.
final class DownstreamConnection: ChannelInboundHandler, ClientPhase {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What a new connection reads with.
  static let firstReads = LeanReads(capacity: smallReadBytes, isFirst: true)
  private static let smallReadBytes = 2048
  private static let smallReads = LeanReads(capacity: smallReadBytes, isFirst: false)
  /// For uploads.
  private static let largeReads = LeanReads(capacity: 16_384, isFirst: false)
  /// From this size on a body is an upload.
  static let uploadBytes = 8192

  let loop: LoopContext
  let id: Int
  let opened: NIODeadline
  /// `nil` for plain TCP.
  let provenance: ClientProvenance?
  private(set) var context: ChannelHandlerContext?
  var machine: DownstreamMachine
  var reader: RequestReader?
  var input: ByteBuffer?
  var exchange: (any RequestReceiver)?
  /// The request that the hold table has.
  var held: HeldRequest?
  /// The WebSocket that the connection is to become, or has become.
  var socket: DownstreamSocket?
  private var deadlineKey: Int32 = -1
  private var isProcessing = false
  private var isReadPending = false
  private var usesLargeReads = false
  /// Of the present request.
  private(set) var isHead = false
  private(set) var minorVersion = 1
  var responseFraming = BodyFraming.none
  var access = AccessRecord()
  /// Of the present request, held or not, where it is counted.
  var statistics: LoopStatistics.Connection?
  /// Where a script asked for the present request by JSON-P.
  var script: ScriptResponse?
  /// Whether anything has been written through the pipeline, so that bytes may be left there.
  var usesPipeline = false

  /// - Parameter provenance: what is known of the client; `nil` for plain TCP.
  init(loop: LoopContext, provenance: ClientProvenance? = nil) {
    self.loop = loop
    self.provenance = provenance
    id = loop.nextConnectionID()
    opened = loop.eventLoop.now
    machine = DownstreamMachine(timeouts: loop.timeouts, now: opened)
  }

  /// The client's address, for `X-Forwarded-For`; `nil` where it has none (a Unix socket).
  var peer: String? {
    if let provenance { return provenance.peer }
    // The channel's own copy of it: the context would ask the system each time.
    return context?.channel.remoteAddress?.ipAddress
  }

  /// Whether the client came by TLS.
  var isSecure: Bool { provenance?.isSecure ?? false }

  /// Whether bytes that are written leave at once.
  var isWritable: Bool { context?.channel.isWritable ?? false }

  // MARK: Reading

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    deadlineKey = loop.deadlines.add(self)
    if context.channel.isActive { settle() }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    loop.deadlines.remove(&deadlineKey)
  }

  func channelActive(context: ChannelHandlerContext) { settle() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    switch machine.state {
    case .lingering, .closed: return
    case .socket: socket?.heard()
    case .held where (input?.readableBytes ?? 0) > loop.configuration.maxPipelinedBytes + 65_536:
      return close(.protocolError)
    default: break
    }
    if input == nil {
      input = bytes
    } else {
      input?.writeBuffer(&bytes)
    }
    process()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReadPending = false
    settle()
  }

  /// Goes on with what has been read: as far as the present request lets it.
  func process() {
    guard !isProcessing else { return }
    isProcessing = true
    do throws(HeadFault) {
      while try step() {}
    } catch {
      refuse(error)
    }
    if machine.state == .socket { processSocket() }
    if input?.readableBytes == 0 { input = nil }
    isProcessing = false
    settle()
  }

  /// One event of the parser; `false` when there is none, or none is wanted now.
  private func step() throws(HeadFault) -> Bool {
    guard input?.readableBytes ?? 0 > 0 || machine.state == .exchange else { return false }
    let isBody = machine.state == .exchange && !machine.isRequestComplete
    switch machine.state {
    case .idle, .head: machine.headBytesReceived(now: loop.eventLoop.now)
    case .exchange: guard isBody, exchange?.acceptsBody ?? false else { return false }
    case .held, .socket, .lingering, .closed: return false
    }
    if reader == nil { reader = RequestReader(limits: loop.configuration.requestLimits) }
    var buffer = input ?? ByteBuffer()
    input = nil
    defer { if buffer.readableBytes > 0 { input = buffer } }
    guard let event = try reader?.parser.next(&buffer) else { return false }
    switch event {
    case .needsMore:
      return false
    case .head(let head, let framing, let expectsContinue):
      // Without a body the request is over, and the parser has only this to say.
      if framing == .none || framing == .length(0) { _ = try reader?.parser.next(&buffer) }
      if buffer.readableBytes > 0 { input = buffer }
      begin(head, framing, expectsContinue: expectsContinue)
      buffer = input ?? ByteBuffer()
    case .body(let bytes):
      machine.bodyReceived(count: bytes.readableBytes, now: loop.eventLoop.now)
      statistics?.figures.add { $0.client.contentReceived += bytes.readableBytes }
      if bytes.readableBytes > 0 { exchange?.bodyReceived(bytes) }
    case .end:
      machine.requestCompleted()
      readSize(isLarge: false)
      exchange?.bodyCompleted()
    }
    return true
  }

  private func begin(_ head: RequestHead, _ framing: BodyFraming, expectsContinue: Bool) {
    let now = loop.eventLoop.now
    machine.headCompleted(wantsKeepAlive: head.wantsKeepAlive, expectsContinue: expectsContinue, now: now)
    loop.counters.requests += 1
    isHead = head.method == "HEAD"
    minorVersion = head.minorVersion
    access = AccessRecord(method: head.method, path: String(head.path), began: now)
    switch framing {
    case .none, .length(0): machine.requestCompleted()
    case .length(let length): readSize(isLarge: length > Self.uploadBytes)
    case .chunked: readSize(isLarge: true)
    case .untilClose: break
    }
    var handshake: SocketHandshake?
    if SocketHandshake.isWanted(head) {
      guard let read = socketHandshake(head, framing) else { return }
      handshake = read
    }
    let isSecure = loop.configuration.forwarding.isSecure(head.fields, connection: isSecure)
    let match = loop.route(of: head, isSecure: isSecure, isWebSocket: handshake != nil)
    let socketID = handshake.map { _ in OverHTTPRequest.makeConnectionID() }
    if let statistics = loop.statistics {
      beginStatistics(head, route: match?.explicitID, isSecure: isSecure, socketID: socketID, statistics)
    }
    guard let route = match else {
      return respond(.noRoute, isDebug: loop.configuration.isDebug)
    }
    access.route = route.id
    access.isQuiet = route.extras.logLevel.map { $0 < 2 } ?? false
    let trust: RequestRewrite.Trust = loop.isTrusted(head) ? .trusted : .untrusted
    if let rule = route.extras.sockjs, head.path.utf8.starts(with: rule.base.utf8) {
      let request = SocketRequest(
        head: head, route: route, trust: trust, handshake: handshake ?? SocketHandshake(), peer: peer,
        connectionID: id, began: now, isSecure: isSecure, socketID: socketID ?? "")
      return beginSockJS(request, rule: rule, framing: framing, isUpgrade: handshake != nil)
    }
    guard let (request, scriptBody) = handshake == nil ? scriptRequest(head, framing, route: route) : (head, nil) else {
      return
    }
    guard trust == .trusted || !route.isGRIP || !RequestRewrite.isWebSocketEvents(request.fields) else {
      return respond(.webSocketEvents, isDebug: route.isDebug)
    }
    let marked = self.marked(request, isTrusted: trust == .trusted)
    if let handshake {
      return beginSocket(
        SocketRequest(
          head: marked, route: route, trust: trust, handshake: handshake, peer: peer, connectionID: id, began: now,
          isSecure: isSecure, socketID: socketID ?? ""))
    }
    let exchange = Exchange(
      connection: self, head: marked, route: route, trust: trust,
      body: scriptBody.map(RequestBody.init(complete:))
        ?? RequestBody(framing: framing, limit: loop.configuration.maxReplayBytes),
      began: now)
    self.exchange = exchange
    exchange.start()
  }

  /// Answers bytes that are no request, and ends the connection.
  private func refuse(_ fault: HeadFault) {
    loop.counters.refusals[fault.status, default: 0] += 1
    loop.logger.debug(
      "request refused", metadata: .keys([.connection: id, .status: fault.status, .reason: fault.text]))
    input = nil
    guard !machine.isResponseStarted || machine.state != .exchange else {
      exchange?.cancel()
      exchange = nil
      return close(.protocolError)
    }
    exchange?.cancel()
    exchange = nil
    if machine.state != .exchange {
      machine.headCompleted(wantsKeepAlive: false, expectsContinue: false, now: loop.eventLoop.now)
      access = AccessRecord(method: "-", path: "-", began: loop.eventLoop.now)
      isHead = false
      minorVersion = 1
    }
    respond(status: fault.status, text: fault.text + "\n")
  }

  /// Reads where it should, and keeps the deadline in step.
  func settle() {
    let wantsRead: Bool
    switch machine.state {
    case .idle, .head, .lingering: wantsRead = true
    case .closed: wantsRead = false
    case .socket: wantsRead = socket?.wantsRead ?? false
    case .exchange where !machine.isRequestComplete: wantsRead = exchange?.acceptsBody ?? false
    case .exchange, .held: wantsRead = input?.readableBytes ?? 0 <= loop.configuration.maxPipelinedBytes
    }
    if machine.state == .exchange, !machine.isRequestComplete,
      machine.bodyReadingChanged(isReading: wantsRead, now: loop.eventLoop.now)
    {
      write(MessageEncoder.continueResponse)
      flush()
    }
    loop.deadlines.set(deadlineKey, to: machine.state == .socket ? socket?.deadline : machine.deadline)
    guard wantsRead, !isReadPending else { return }
    isReadPending = true
    context?.read()
  }

  func readSize(isLarge: Bool) {
    guard isLarge != usesLargeReads else { return }
    usesLargeReads = isLarge
    // A stream is read frame by frame.
    if provenance?.isStream == true { return }
    let allocator: any RecvByteBufferAllocator = isLarge ? Self.largeReads : Self.smallReads
    try? context?.channel.syncOptions?.setOption(.recvAllocator, value: allocator)
  }

  // MARK: Events of NIO

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    machine.writabilityChanged(isStalled: !context.channel.isWritable, now: loop.eventLoop.now)
    if context.channel.isWritable { exchange?.downstreamWritable() }
    if machine.state == .socket { socket?.writabilityChanged(isWritable: context.channel.isWritable) }
    settle()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    close(.clientGone)
  }

  func channelInactive(context: ChannelHandlerContext) {
    machine.closed()
    loop.deadlines.set(deadlineKey, to: nil)
    input = nil
    endStatistics()
    if held != nil {
      loop.counters.closes[.clientGone, default: 0] += 1
      access.reason = .clientGone
      logAccess(isComplete: false)
    }
    releaseHold()
    if let socket {
      self.socket = nil
      socket.connectionLost()
      logAccess(isComplete: false)
    }
    if let exchange {
      self.exchange = nil
      exchange.cancel()
      if access.reason == nil { access.reason = .clientGone }
      logAccess(isComplete: false)
    }
  }

  func deadlinePassed(now: NIODeadline) {
    if machine.state == .socket {
      socket?.deadlinePassed(now: now)
      return settle()
    }
    switch machine.deadlinePassed(now: now) {
    case .none: settle()
    case .refuse(let fault): refuse(fault)
    case .close(let reason): close(reason)
    }
  }

  /// The edge stops: idle connections close now, others after their response. Held ones stay where their table is to end
  /// them.
  func drain(closesHeld: Bool) {
    if closesHeld, machine.state == .socket { socket?.goAway() }
    if machine.drainingStarted() || (closesHeld && machine.state == .held) { close(.shutdown) }
  }

  /// Whether a request is under way: neither held, nor over. One whose last bytes have not left is not over.
  var isBusy: Bool {
    (machine.state == .exchange && exchange?.isHolding != true) || (machine.state == .lingering && bufferedBytes > 0)
  }

  /// Closes at once.
  func close(_ reason: CloseReason) {
    if machine.state != .lingering, machine.state != .closed {
      loop.counters.closes[reason, default: 0] += 1
    }
    access.reason = reason
    if held != nil { logAccess(isComplete: false) }
    machine.closed()
    releaseHold()
    context?.close(promise: nil)
  }
}

@available(*, unavailable)
extension DownstreamConnection: Sendable {}
