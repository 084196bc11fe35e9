import NIOCore
import NIOPosix
import Synchronization

/// A client that writes bytes and collects bytes.
final class RawBytesClient: Sendable {
  private let channel: any Channel
  private let received: SharedBytes

  private init(channel: any Channel, received: SharedBytes) {
    self.channel = channel
    self.received = received
  }

  static func connect(port: Int) async throws -> RawBytesClient {
    let received = SharedBytes()
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).channelInitializer {
      channel in
      channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Collector(received)) }
    }.connect(host: "127.0.0.1", port: port).get()
    return RawBytesClient(channel: channel, received: received)
  }

  /// Does not wait: the other side may have closed before it has read all.
  func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

  /// All that came until the other side closed.
  func receiveAll() async throws -> [UInt8] {
    try await channel.closeFuture.get()
    return received.bytes.withLock { $0 }
  }
}

private final class SharedBytes: Sendable {
  let bytes = Mutex<[UInt8]>([])
}

private final class Collector: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer
  private let received: SharedBytes

  init(_ received: SharedBytes) { self.received = received }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    received.bytes.withLock { $0 += Array(bytes.readableBytesView) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
