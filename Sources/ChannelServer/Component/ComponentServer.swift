package import Channels
package import Logging
package import ServerKit
import XMPP
package import XMPPTransport

/// Where the XMPP server takes components, and what they have to know.
package struct ComponentPlace: Sendable {
  package var host: String
  package var port: Int
  package var secret: Secret<String>

  package init(host: String, port: Int, secret: Secret<String>) {
    self.host = host
    self.port = port
    self.secret = secret
  }
}

/// The channel server as components of an XMPP server: one for the channels' domain, one for that of topics.
///
/// **Spec**: XEP-0114; channel-server §2.
package struct ComponentServer: Sendable {
  private let component: ChannelComponent
  private let link: LiveLink
  private let connections: [ComponentConnection]

  /// - Throws: `internalServerError` where a domain is no address.
  package init(
    server: ChannelServer, place: ComponentPlace, transport: StreamTransport,
    configuration: ChannelComponentConfiguration = ChannelComponentConfiguration(), logger: Logger
  ) throws(ChannelError) {
    let link = LiveLink(
      domain: server.configuration.channelsDomain, maxUnsent: configuration.maxQueued, logger: logger)
    let component = try ChannelComponent(
      server: server, link: link, configuration: configuration, logger: logger)
    self.link = link
    self.component = component
    var domains = [component.authority]
    if component.topics != component.authority { domains.append(component.topics) }
    connections = domains.map { domain in
      let connection = ComponentConnection(
        XMPPTransport.ComponentConfiguration(
          host: place.host, port: place.port, domain: domain, secret: place.secret),
        transport: transport, handlers: Self.handlers(domain, component, link))
      link.add(connection, for: domain.domain)
      return connection
    }
  }

  private static func handlers(
    _ domain: JID, _ component: ChannelComponent, _ link: LiveLink
  ) -> StreamHandlers {
    StreamHandlers(
      stanza: { stanza in
        component.receive(stanza) { link.finished(1, of: domain.domain) }
        return .pending
      },
      event: { event in
        // Who was there may have gone meanwhile.
        if case .online(_, isResumed: false) = event, domain == component.authority { component.online.forget() }
        link.noted(event, of: domain.domain)
      })
  }

  /// Serves until the task is cancelled.
  /// - Parameter ready: Called when both domains are served for the first time.
  package func run(ready: @escaping @Sendable () -> Void) async {
    await withDiscardingTaskGroup { group in
      for connection in connections { group.addTask { await connection.run() } }
      group.addTask { await ComponentRelay(component).run() }
      group.addTask {
        for connection in connections {
          guard (try? await connection.opened()) != nil else { return }
        }
        ready()
      }
    }
  }
}
