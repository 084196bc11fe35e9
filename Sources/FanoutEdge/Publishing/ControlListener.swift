import Glibc
import NIOCore
import NIOPosix

/// Accepts publishers on their own event loop, so that reading large batches never keeps a delivery waiting.
final class ControlListener: Sendable {
  private let channels: [any Channel]
  private let files: [LocalSocketFile]
  /// Where it listens, in the order asked for, with the ports that were picked.
  let addresses: [SocketAddress]

  private init(channels: [any Channel], files: [LocalSocketFile], addresses: [SocketAddress]) {
    self.channels = channels
    self.files = files
    self.addresses = addresses
  }

  /// Listens.
  static func start(_ service: ControlService, on loop: any EventLoop) async throws -> ControlListener {
    var channels: [any Channel] = []
    var files: [LocalSocketFile] = []
    var addresses: [SocketAddress] = []
    do {
      for address in service.configuration.listen {
        do {
          if let socket = address.local {
            LocalSocketFile.makeDirectory(of: socket.path)
            let (file, descriptor) = try LocalSocketFile.make(socket, backlog: backlog)
            files.append(file)
            channels.append(
              try await bootstrap(address, service: service, loop: loop).withBoundSocket(descriptor).get())
            addresses.append(try SocketAddress(unixDomainSocketPath: socket.path))
          } else {
            let channel = try await bootstrap(address, service: service, loop: loop)
              .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
              .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
              .bind(host: address.host, port: address.port).get()
            channels.append(channel)
            if let bound = channel.localAddress { addresses.append(bound) }
          }
        } catch let error as LocalSocketFile.Failure {
          throw Edge.StartError.cannotListen(address, error.description)
        } catch {
          throw Edge.StartError.cannotListen(address, SystemErrorText.of(error))
        }
      }
    } catch {
      for file in files { file.remove() }
      for channel in channels { try? await channel.close().get() }
      throw error
    }
    return ControlListener(channels: channels, files: files, addresses: addresses)
  }

  /// Connections that wait in the kernel.
  private static let backlog: Int32 = 256

  private static func bootstrap(
    _ address: ListenAddress, service: ControlService, loop: any EventLoop
  ) -> ServerBootstrap {
    let isLoopback = ControlConfiguration.isLoopback(address.host)
    return ServerBootstrap(group: loop)
      .serverChannelOption(.backlog, value: backlog)
      .childChannelOption(.maxMessagesPerRead, value: 4)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            ControlConnection(service: service, isLoopback: isLoopback, loop: channel.eventLoop))
        }
      }
  }

  /// Accepts nobody any more.
  func stop() async {
    for file in files { file.remove() }
    for channel in channels { try? await channel.close().get() }
  }
}
