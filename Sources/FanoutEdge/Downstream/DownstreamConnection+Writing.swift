import GRIP
import Glibc
import HTTPTypes
import Logging
import NIOCore

/// Writing responses, handing over to the hold table, and ending.
extension DownstreamConnection {
  /// A response of the proxy's own, with further fields.
  func respond(_ error: ProxyError, isDebug: Bool, fields: HTTPFields = HTTPFields()) {
    var fields = fields
    fields[.contentType] = "text/plain"
    respond(
      status: error.status, reason: nil, fields: fields, body: ByteBuffer(string: error.body(isDebug: isDebug)))
  }

  func respond(status: Int, text: String) {
    var fields: HTTPFields = [.contentType: "text/plain"]
    if status == 405 { fields[.allow] = "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS" }
    respond(status: status, reason: nil, fields: fields, body: ByteBuffer(string: text))
  }

  /// A whole response.
  func respond(status: Int, reason: String?, fields: HTTPFields, body: ByteBuffer) {
    startResponse(status: status, reason: reason, fields: fields, framing: .length(body.readableBytes))
    sendBody(body)
    finishResponse(isComplete: true)
  }

  /// The head of a response. The body is framed as the client can read it.
  ///
  /// - Parameter fields: without hop-by-hop fields.
  func startResponse(status: Int, reason: String?, fields: HTTPFields, framing: BodyFraming) {
    if scriptHead(status: status, reason: reason, fields: fields) { return }
    access.status = status
    statistics?.figures.add {
      $0.client.headerSent += StatisticsHead.response(status: status, reason: reason, fields: fields)
    }
    switch framing {
    case _ where isHead || status == 204 || status == 304 || status < 200: responseFraming = .none
    case .none: responseFraming = .length(0)
    case .length: responseFraming = framing
    case .chunked, .untilClose: responseFraming = minorVersion >= 1 ? .chunked : .untilClose
    }
    let closes = machine.responseStarted(isDelimited: responseFraming != .untilClose)
    write(
      MessageEncoder.responseHead(
        status: status, reason: reason, minorVersion: minorVersion, fields: fields, framing: responseFraming,
        closes: closes, keepsContentLength: status != 204))
  }

  /// A part of the body. Dropped where the response has none.
  func sendBody(_ bytes: ByteBuffer) {
    guard bytes.readableBytes > 0, !scriptBody(bytes) else { return }
    switch responseFraming {
    case .none: return
    case .chunked:
      write(MessageEncoder.chunkPrefix(bytes.readableBytes))
      write(bytes)
      write(MessageEncoder.chunkSuffix)
    case .length, .untilClose: write(bytes)
    }
    access.bytes += bytes.readableBytes
    statistics?.figures.add { $0.client.contentSent += bytes.readableBytes }
  }

  /// The end of the response; `isComplete` is `false` where it must look cut off.
  func finishResponse(isComplete: Bool) {
    let isComplete = scriptEnd(isComplete: isComplete)
    if isComplete, responseFraming == .chunked { write(MessageEncoder.lastChunk) }
    flush()
    exchange = nil
    endStatistics()
    logAccess(isComplete: isComplete)
    afterResponse(machine.responseCompleted(isComplete: isComplete, now: loop.eventLoop.now))
  }

  /// Whether a response that ended now could be told from one that was cut off.
  var isBodyDelimited: Bool { responseFraming == .chunked || responseFraming == .none }

  /// Does what the machine says after a response.
  func afterResponse(_ action: DownstreamMachine.EndAction) {
    switch action {
    case .next: process()
    case .linger: closeOutput()
    case .abort: abort()
    }
  }

  func write(_ bytes: ByteBuffer) {
    usesPipeline = true
    context?.write(wrapOutboundOut(bytes), promise: nil)
  }

  func flush() { context?.flush() }

  /// Bytes that NIO has not given to the kernel yet.
  var bufferedBytes: Int {
    // The channel of a stream has no such option.
    if let provenance, provenance.isStream { return provenance.queuedBytes }
    return !usesPipeline ? 0 : (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }

  /// Hands the request over to the hold table: nothing of the exchange stays but what is needed to ask again.
  func hold(
    _ request: HeldRequest, instruction: GRIPInstruction, response: GRIPResponse, isRetry: Bool, isStarted: Bool
  ) {
    exchange = nil
    reader = nil
    readSize(isLarge: false)
    access.status = isStarted ? access.status : response.status
    machine.holdStarted()
    access.held = if case .response = instruction.hold { .poll } else { .stream }
    held = request
    loop.counters.held += 1
    loop.counters.holds += 1
    var hold = HoldRequest(
      uri: access.path, routeID: request.route.id, channelPrefix: request.route.channelPrefix,
      isDebug: request.route.isDebug || loop.configuration.isDebug, isRetry: isRetry, instruction: instruction,
      response: response, sink: self,
      implicitChannels: request.route.targets[request.targetIndex].implicitChannels)
    hold.isStarted = isStarted
    hold.statisticsRoute = request.route.explicitID
    if !isStarted { countHeldResponse(instruction, response) }
    hold.envelope = script?.envelope
    held?.envelope = script?.envelope
    script = nil
    if let slot = loop.holds.hold(hold), held != nil {
      held?.slot = slot
      if held?.isDrained == true { loop.holds.drained(slot) }
    }
    settle()
  }

  /// Starts another exchange for the request that was held.
  func resume(_ exchange: Exchange) {
    self.exchange = exchange
    exchange.start()
    settle()
  }

  /// Forgets the hold, and tells the table where the table does not know.
  @discardableResult
  func releaseHold() -> HeldRequest? {
    guard let request = held else { return nil }
    held = nil
    loop.counters.held -= 1
    if let slot = request.slot { loop.holds.clientGone(slot) }
    request.tellGone(loop: loop)
    return request
  }

  /// The request with the marks by which it is found again.
  func marked(_ head: RequestHead, isTrusted: Bool) -> RequestHead {
    let records = loop.configuration.records
    guard loop.accessLogger != nil || records.passesRequestID || records.traceSampling != nil else { return head }
    var head = head
    var generator = SystemRandomNumberGenerator()
    let marks = RequestMarks(
      &head, records: records, isTrusted: isTrusted, isLogged: loop.accessLogger != nil, using: &generator)
    if loop.accessLogger != nil {
      access.details = AccessDetails(
        marks: marks, peer: records.logsPeer ? peer : nil,
        userAgent: records.logsUserAgent ? head.fields[.userAgent] : nil)
    }
    return head
  }

  func logAccess(isComplete: Bool) {
    loop.counters.routes.count(access.route) { $0.ended(status: access.status) }
    guard let logger = loop.accessLogger, !access.isQuiet else { return }
    access.log(to: logger, connection: id, isComplete: isComplete, now: loop.eventLoop.now)
  }

  /// Closes the sending side when all has left, then reads and drops until the client closes or `linger` has passed.
  func closeOutput() {
    guard let context else { return }
    input = nil
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
      guard self.machine.state == .lingering else { return }
      self.context?.close(mode: .output, promise: nil)
      self.machine.outputClosed(now: self.loop.eventLoop.now)
      self.settle()
    }
    settle()
  }

  private func abort() {
    settle()
    if responseFraming == .untilClose {
      // Only a reset tells such a client that something is missing.
      _ = (context?.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
      context?.close(promise: nil)
      return
    }
    context?.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
      self.context?.close(promise: nil)
    }
  }
}
