package import HummingbirdGRIP
package import Hummingbird
import NIOCore

/// What the API knows about a request before it reads it.
package struct APIContext: GRIPRequestContext {
  package var coreContext: CoreRequestContextStorage
  package var grip: GRIPRequestInfo
  /// The connection.
  let connection: any Channel
  /// The address of who connected, without its port; `nil` on a Unix socket or in tests without a connection.
  package var peerAddress: String?

  package init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    grip = .direct
    connection = source.channel
    peerAddress = source.channel.remoteAddress?.ipAddress
  }
}
