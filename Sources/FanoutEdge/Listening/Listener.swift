import Glibc
import NIOCore
import NIOPosix

/// One listening socket of one event loop. All loops share a port (`SO_REUSEPORT`), so a connection is accepted on the loop
/// where it stays.
enum Listener {
  /// `SO_REUSEPORT`, which NIO has no name for.
  private static let reusePort = NIOBSDSocket.Option(rawValue: SO_REUSEPORT)

  /// Fails where somebody listens already. `SO_REUSEPORT` alone would let a second server share the port unnoticed, and
  /// each would get some of the connections.
  static func claim(_ address: ListenAddress, eventLoop: any EventLoop) async throws {
    guard address.port != 0 else { return }
    let probe = try await ServerBootstrap(group: eventLoop)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .bind(host: address.host, port: address.port).get()
    try await probe.close()
  }

  /// Opens a listening socket.
  ///
  /// - Parameter limit: connections of this loop.
  static func bind(
    _ address: ListenAddress, loop: NIOLoopBound<LoopContext>, eventLoop: any EventLoop, limit: Int
  ) -> EventLoopFuture<any Channel> {
    bootstrap(address, loop: loop, eventLoop: eventLoop, limit: limit)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.socketOption(reusePort), value: 1)
      .bind(host: address.host, port: address.port)
  }

  /// Lets a loop accept from a Unix socket.
  ///
  /// - Parameter descriptor: a listening socket, the loop's own from here on.
  static func adopt(
    _ descriptor: Int32, _ address: ListenAddress, loop: NIOLoopBound<LoopContext>, eventLoop: any EventLoop, limit: Int
  ) -> EventLoopFuture<any Channel> {
    bootstrap(address, loop: loop, eventLoop: eventLoop, limit: limit).withBoundSocket(descriptor)
  }

  /// Connections that wait in the kernel.
  static let backlog: Int32 = 4096

  private static func bootstrap(
    _ address: ListenAddress, loop: NIOLoopBound<LoopContext>, eventLoop: any EventLoop, limit: Int
  ) -> ServerBootstrap {
    ServerBootstrap(group: eventLoop)
      .serverChannelOption(.backlog, value: backlog)
      .serverChannelOption(.maxMessagesPerRead, value: AcceptGate.burst)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptGate(loop: loop.value, limit: limit))
        }
      }
      .childChannelInitializer { channel in
        // Options are set there at once, not as options of the bootstrap, which cost a future each.
        channel.eventLoop.makeCompletedFuture {
          try ClientArrival(loop: loop.value, listener: address).begin(on: channel)
        }
      }
  }
}
