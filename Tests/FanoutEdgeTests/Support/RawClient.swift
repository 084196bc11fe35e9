import NIOCore
import NIOPosix
import NIOSSL

/// A client that writes and reads bytes.
final class RawClient: Sendable {
  /// The wait was too long, with what had come.
  struct Timeout: Error { var received: String }

  private let channel: any Channel
  private let handler: NIOLoopBound<Receiver>

  private init(channel: any Channel, handler: NIOLoopBound<Receiver>) {
    self.channel = channel
    self.handler = handler
  }

  /// - Parameter source: the address to come from, another one of loopback than usual.
  static func connect(
    port: Int = 0, receiveBuffer: Int32? = nil, readsAtOnce: Bool = true, from source: String? = nil,
    unixSocket: String? = nil, tls: NIOSSLContext? = nil
  ) async throws -> RawClient {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    var bootstrap = ClientBootstrap(group: loop).channelOption(.autoRead, value: readsAtOnce)
    if let receiveBuffer {
      bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: SocketOptionValue(receiveBuffer))
    }
    if let source { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: source, port: 0)) }
    let channel: any Channel
    if let unixSocket {
      channel = try await bootstrap.connect(unixDomainSocketPath: unixSocket).get()
    } else {
      channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
    }
    let handler = try await loop.submit {
      let receiver = Receiver()
      if let tls {
        let handler = try NIOSSLClientHandler(context: tls, serverHostname: "romeo.test")
        try channel.pipeline.syncOperations.addHandler(handler)
      }
      try channel.pipeline.syncOperations.addHandler(receiver)
      return NIOLoopBound(receiver, eventLoop: loop)
    }.get()
    return RawClient(channel: channel, handler: handler)
  }

  func send(_ text: String) async throws {
    try await channel.writeAndFlush(ByteBuffer(string: text)).get()
  }

  func send(bytes: [UInt8]) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  /// What has come, once the text contains `part`; it stays there.
  func receive(until part: String, seconds: Int64 = 5) async throws -> String {
    try await wait(seconds) { $0.contains(part) }
  }

  /// What has come, once it satisfies the test.
  func receive(seconds: Int64 = 5, where test: @escaping @Sendable (String) -> Bool) async throws -> String {
    try await wait(seconds, test)
  }

  /// All that came until the other side closed.
  func receiveAll(seconds: Int64 = 5) async throws -> String {
    let handler = handler
    return try await channel.eventLoop.flatSubmit { [channel] in
      handler.value.wait(on: channel.eventLoop, seconds: seconds) { _, isClosed in isClosed }
    }.get()
  }

  /// Takes what has come away.
  func clear() async throws {
    let handler = handler
    try await channel.eventLoop.submit { handler.value.text = "" }.get()
  }

  /// What has come so far.
  var received: String {
    get async throws {
      let handler = handler
      return try await channel.eventLoop.submit { handler.value.text }.get()
    }
  }

  func startReading() async throws { try await channel.setOption(.autoRead, value: true).get() }

  func close() async { try? await channel.close().get() }

  private func wait(_ seconds: Int64, _ test: @escaping @Sendable (String) -> Bool) async throws -> String {
    let handler = handler
    return try await channel.eventLoop.flatSubmit { [channel] in
      handler.value.wait(on: channel.eventLoop, seconds: seconds) { text, _ in test(text) }
    }.get()
  }
}

private final class Receiver: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  var text = ""
  private var isClosed = false
  private var waiters: [(test: (String, Bool) -> Bool, promise: EventLoopPromise<String>)] = []

  func wait(
    on loop: any EventLoop, seconds: Int64, _ test: @escaping (String, Bool) -> Bool
  ) -> EventLoopFuture<String> {
    let promise = loop.makePromise(of: String.self)
    waiters.append((test, promise))
    let bound = NIOLoopBound(self, eventLoop: loop)
    let timer = loop.scheduleTask(in: .seconds(seconds)) {
      promise.fail(RawClient.Timeout(received: bound.value.text))
    }
    promise.futureResult.whenComplete { _ in timer.cancel() }
    check()
    return promise.futureResult
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    text += String(buffer: unwrapInboundIn(data))
    check()
  }

  func channelInactive(context: ChannelHandlerContext) {
    isClosed = true
    check()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func check() {
    waiters.removeAll { waiter in
      if waiter.test(text, isClosed) {
        waiter.promise.succeed(text)
        return true
      }
      if isClosed {
        waiter.promise.fail(RawClient.Timeout(received: text))
        return true
      }
      return false
    }
  }
}
