import Glibc
import NIOCore
import NIOPosix

/// Accepts publishers on their own event loop, so that reading large batches never keeps a delivery waiting.
final class ControlListener: Sendable {
  private let channels: [any Channel]
  /// Where it listens, in the order asked for, with the ports that were picked.
  let addresses: [SocketAddress]

  private init(channels: [any Channel]) {
    self.channels = channels
    addresses = channels.compactMap(\.localAddress)
  }

  /// Listens.
  static func start(_ service: ControlService, on loop: any EventLoop) async throws -> ControlListener {
    var channels: [any Channel] = []
    do {
      for address in service.configuration.listen {
        do {
          channels.append(try await bind(address, service: service, loop: loop).get())
        } catch {
          throw Edge.StartError.cannotListen(address, SystemErrorText.of(error))
        }
      }
    } catch {
      for channel in channels { try? await channel.close().get() }
      throw error
    }
    return ControlListener(channels: channels)
  }

  private static func bind(
    _ address: ListenAddress, service: ControlService, loop: any EventLoop
  ) -> EventLoopFuture<any Channel> {
    let isLoopback = ControlConfiguration.isLoopback(address.host)
    return ServerBootstrap(group: loop)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 4)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            ControlConnection(service: service, isLoopback: isLoopback, loop: channel.eventLoop))
        }
      }
      .bind(host: address.host, port: address.port)
  }

  /// Accepts nobody any more.
  func stop() async {
    for channel in channels { try? await channel.close().get() }
  }
}
