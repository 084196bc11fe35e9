import HTTPTypes
import NIOCore

/// A publisher's connection: requests one after the other, kept open between them.
///
/// **Isolation**: its event loop.
final class ControlConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What is being read or answered.
  private enum State {
    case idle
    case body(ControlAPI.Request, RequestHead, [UInt8])
    /// The answer is being made; what comes meanwhile waits.
    case answering
    /// The last answer is written.
    case closing
  }

  private let service: ControlService
  private let isLoopback: Bool
  private let loop: any EventLoop
  private var parser: RequestParser
  private var buffer = ByteBuffer()
  private var state = State.idle
  private var deadline: Scheduled<Void>?
  /// Whether the deadline is that of a request, not of the quiet between two.
  private var isReading = false
  /// Whether the publisher will send nothing more; it may still wait for its answer.
  private var isInputClosed = false
  private var context: ChannelHandlerContext?

  /// A connection that is not active yet.
  init(service: ControlService, isLoopback: Bool, loop: any EventLoop) {
    self.service = service
    self.isLoopback = isLoopback
    self.loop = loop
    var limits = MessageLimits()
    limits.maxHeadBytes = service.configuration.maxHeadBytes
    limits.maxTargetBytes = min(4096, service.configuration.maxHeadBytes - 1)
    limits.maxBodyBytes = service.configuration.maxBodyBytes
    parser = RequestParser(limits: limits)
  }

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    guard service.connectionOpened() else {
      state = .closing
      return context.close(promise: nil)
    }
    wait(service.configuration.idleTimeout)
  }

  func channelInactive(context: ChannelHandlerContext) {
    service.connectionClosed()
    deadline?.cancel()
    deadline = nil
    state = .closing
    self.context = nil
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .closing = state { return }
    let bytes = unwrapInboundIn(data)
    buffer.writeImmutableBuffer(bytes)
    if !isReading {
      isReading = true
      wait(service.configuration.requestTimeout)
    }
    process()
  }

  private func process() {
    do throws(HeadFault) {
      while try step() {}
    } catch {
      finish(service.api.response(to: error), head: nil)
    }
    // Requests sent ahead wait, but not without a bound.
    if case .answering = state, buffer.readableBytes > service.configuration.maxBodyBytes {
      context?.close(promise: nil)
    }
  }

  /// One event of the parser; false where there is nothing more to do now.
  private func step() throws(HeadFault) -> Bool {
    switch state {
    case .answering, .closing: return false
    case .idle, .body: break
    }
    switch try parser.next(&buffer) {
    case .needsMore:
      buffer.discardReadBytes()
      return false
    case .head(let head, let framing, let expectsContinue):
      headRead(head, framing: framing, expectsContinue: expectsContinue)
    case .body(let part):
      if case .body(let request, let head, var body) = state {
        state = .idle
        body.append(contentsOf: part.readableBytesView)
        state = .body(request, head, body)
      }
    case .end:
      guard case .body(let request, let head, let body) = state else { return false }
      answer(request, head: head, body: body)
    }
    return true
  }

  private func headRead(_ head: RequestHead, framing: BodyFraming, expectsContinue: Bool) {
    switch service.api.decide(head, framing: framing, isLoopback: isLoopback, now: service.now()) {
    case .accept(let request):
      if case .length(let length) = framing, length > service.configuration.maxBodyBytes {
        return finish(service.api.response(to: HeadFault("", status: 413)), head: nil)
      }
      state = .body(request, head, [])
      if expectsContinue {
        context?.writeAndFlush(wrapOutboundOut(MessageEncoder.continueResponse), promise: nil)
      }
    case .refuse(let response):
      // A body that is not read would be taken for the next request.
      let hasBody = framing != .none && framing != .length(0)
      finish(response, head: hasBody ? nil : head)
      if !hasBody { skipEnd() }
    }
  }

  /// Takes the end of a request without a body out of the parser.
  private func skipEnd() {
    if case .closing = state { return }
    if case .end? = try? parser.next(&buffer) { return }
    context?.close(promise: nil)
  }

  private func answer(_ request: ControlAPI.Request, head: RequestHead, body: [UInt8]) {
    state = .answering
    let bound = NIOLoopBound(self, eventLoop: loop)
    let future = service.perform(request, head: head, body: body, on: loop)
    future.whenComplete { result in
      let connection = bound.value
      guard case .answering = connection.state else { return }
      connection.finish((try? result.get()) ?? connection.service.api.stopping, head: head)
      connection.process()
    }
  }

  /// Writes a response; without a head it is the last one.
  private func finish(_ response: ControlAPI.Response, head: RequestHead?) {
    guard let context else { return }
    let closes = isInputClosed || head?.wantsKeepAlive != true
    let body = response.body.utf8
    var bytes = MessageEncoder.responseHead(
      status: response.status, reason: nil, minorVersion: head?.minorVersion ?? 1, fields: response.fields,
      framing: .length(body.count), closes: closes)
    if head?.method != "HEAD" { bytes.writeBytes(body) }
    if closes {
      state = .closing
      let bound = NIOLoopBound(self, eventLoop: loop)
      context.writeAndFlush(wrapOutboundOut(bytes)).whenComplete { _ in
        bound.value.isInputClosed ? bound.value.context?.close(promise: nil) : bound.value.closeOutput()
      }
      return
    }
    state = .idle
    isReading = buffer.readableBytes > 0
    wait(isReading ? service.configuration.requestTimeout : service.configuration.idleTimeout)
    context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
  }

  /// Ends the sending side first, so that no reset overtakes the answer to a request that was not read whole.
  private func closeOutput() {
    guard let context else { return }
    context.close(mode: .output, promise: nil)
    wait(.seconds(1))
  }

  /// Closes the connection after a time, instead of the time that ran before.
  private func wait(_ time: TimeAmount) {
    deadline?.cancel()
    let bound = NIOLoopBound(self, eventLoop: loop)
    deadline = loop.scheduleTask(in: time) { bound.value.context?.close(promise: nil) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed? = event as? ChannelEvent {
      isInputClosed = true
      if case .answering = state {} else { context.close(promise: nil) }
    }
    context.fireUserInboundEventTriggered(event)
  }
}

@available(*, unavailable)
extension ControlConnection: Sendable {}
