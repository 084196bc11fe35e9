import Glibc
import NIOCore
import NIOPosix

/// Where the edge listens for clients.
package struct ListenAddress: Sendable, Hashable {
  /// An address or a name. Default `127.0.0.1`.
  package var host: String
  /// 0 picks a free one.
  package var port: Int

  package init(host: String = "127.0.0.1", port: Int) {
    self.host = host
    self.port = port
  }
}

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
    let backlog = Int32(1024)
    return ServerBootstrap(group: eventLoop)
      .serverChannelOption(.backlog, value: backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.socketOption(reusePort), value: 1)
      .serverChannelOption(.maxMessagesPerRead, value: AcceptGate.burst)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptGate(loop: loop.value, limit: limit))
        }
      }
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          // At once, not as options of the bootstrap, which cost a future each.
          if let options = channel.syncOptions {
            try options.setOption(.autoRead, value: false)
            try options.setOption(.maxMessagesPerRead, value: 1)
            try options.setOption(.recvAllocator, value: DownstreamConnection.firstReads)
            try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
          }
          try channel.pipeline.syncOperations.addHandler(DownstreamConnection(loop: loop.value))
        }
      }
      .bind(host: address.host, port: address.port)
  }
}
