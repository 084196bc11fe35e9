import NIOCore
import NIOPosix

/// One question, put to the servers in turn until one answers.
///
/// **Isolation**: its event loop.
final class DNSQuery {
  private let servers: NameServers
  private let question: NameResolver.Question
  private let loop: any EventLoop
  private let promise: EventLoopPromise<DNSResponse>
  private var turn = 0
  private var lastCode: UInt8?
  private var hasAnswer = false

  init(servers: NameServers, question: NameResolver.Question, loop: any EventLoop) {
    self.servers = servers
    self.question = question
    self.loop = loop
    promise = loop.makePromise()
  }

  /// Asks. Fails with `DNSFailure` when every server has been asked as often as it may be.
  func ask() -> EventLoopFuture<DNSResponse> {
    next()
    return promise.futureResult
  }

  private func next() {
    guard !servers.servers.isEmpty, turn < servers.servers.count * servers.attempts else {
      let name = question.name.description
      return promise.fail(lastCode.map { .refused(name, code: $0) } ?? DNSFailure.timeout(name))
    }
    let server = servers.servers[turn % servers.servers.count]
    turn += 1
    exchange(with: server, overTCP: false)
  }

  private func exchange(with server: SocketAddress, overTCP: Bool) {
    let id = UInt16.random(in: 0...UInt16.max)
    let query = DNSMessage.query(id: id, name: question.name, type: question.type)
    let answer = loop.makePromise(of: DNSResponse.self)
    let question = question
    let initializer: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
      channel.eventLoop.makeCompletedFuture {
        if !overTCP { try channel.pipeline.syncOperations.addHandler(DatagramContents(peer: server)) }
        try channel.pipeline.syncOperations.addHandler(
          DNSAnswerHandler(query: query, id: id, question: question, isStream: overTCP, answer: answer))
      }
    }
    let connected =
      overTCP
      ? ClientBootstrap(group: loop).connectTimeout(servers.timeout).channelInitializer(initializer).connect(to: server)
      : DatagramBootstrap(group: loop).channelInitializer(initializer).connect(to: server)
    let timeout = loop.assumeIsolated().scheduleTask(in: servers.timeout) {
      answer.fail(DNSFailure.timeout(question.name.description))
    }
    connected.whenFailure { answer.fail($0) }
    answer.futureResult.assumeIsolated().whenComplete { result in
      timeout.cancel()
      connected.whenSuccess { $0.close(promise: nil) }
      self.answered(result, by: server, overTCP: overTCP)
    }
  }

  private func answered(_ result: Result<DNSResponse, any Error>, by server: SocketAddress, overTCP: Bool) {
    switch result {
    case .success(let response) where response.isTruncated && !overTCP: exchange(with: server, overTCP: true)
    case .success(let response) where response.code == 0 || response.code == 3: promise.succeed(response)
    case .success(let response):
      lastCode = response.code
      next()
    case .failure: next()
    }
  }
}

@available(*, unavailable)
extension DNSQuery: Sendable {}

/// Sends the query when connected, and waits for the message that answers it.
private final class DNSAnswerHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let query: [UInt8]
  private let id: UInt16
  private let question: NameResolver.Question
  private let isStream: Bool
  private let answer: EventLoopPromise<DNSResponse>
  private var collected: [UInt8] = []

  init(
    query: [UInt8], id: UInt16, question: NameResolver.Question, isStream: Bool, answer: EventLoopPromise<DNSResponse>
  ) {
    self.query = query
    self.id = id
    self.question = question
    self.isStream = isStream
    self.answer = answer
  }

  func channelActive(context: ChannelHandlerContext) {
    let frame = isStream ? [UInt8(query.count >> 8), UInt8(query.count & 0xff)] : []
    context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: frame + query)), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data).readableBytesView
    guard isStream else { return take(Array(bytes)) }
    collected += bytes
    guard collected.count >= 2 else { return }
    let length = Int(collected[0]) << 8 | Int(collected[1])
    if collected.count >= 2 + length { take(Array(collected[2..<(2 + length)])) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    answer.fail(DNSFailure.unreachable(question.name.description))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    answer.fail(error)
    context.close(promise: nil)
  }

  /// What does not answer this question may be anybody's, and is as if it had not come.
  private func take(_ bytes: [UInt8]) {
    guard let response = DNSMessage.response(bytes), response.id == id, let asked = response.question,
      asked.name == question.name, asked.type == question.type.rawValue
    else { return }
    answer.succeed(response)
  }
}

/// Takes the envelopes off datagrams of a connected socket, and puts them on.
private final class DatagramContents: ChannelDuplexHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = AddressedEnvelope<ByteBuffer>

  private let peer: SocketAddress

  init(peer: SocketAddress) { self.peer = peer }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.fireChannelRead(wrapInboundOut(unwrapInboundIn(data).data))
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let envelope = AddressedEnvelope(remoteAddress: peer, data: unwrapOutboundIn(data))
    context.write(wrapOutboundOut(envelope), promise: promise)
  }
}
