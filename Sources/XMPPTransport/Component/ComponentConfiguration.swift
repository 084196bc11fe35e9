package import ServerKit
package import XMPP

/// A domain that we serve for an XMPP server.
package struct ComponentConfiguration: Sendable {
  /// Where the server takes components.
  package var host: String
  /// The port; servers have 5347 as a rule.
  package var port: Int
  /// The domain that we serve: one connection for each.
  package var domain: JID
  /// What server and component both know.
  package var secret: Secret<String>
  /// Bounds and times.
  package var settings: StreamSettings

  /// A component; its queues are larger than a client's: 20,000 stanzas, 16 MiB, 10,000 queries.
  package init(host: String, port: Int = 5347, domain: JID, secret: Secret<String>) {
    self.host = host
    self.port = port
    self.domain = domain
    self.secret = secret
    settings = StreamSettings()
    settings.maxQueuedStanzas = 20_000
    settings.maxQueuedBytes = 16 * 1024 * 1024
    settings.maxRequests = 10_000
    settings.maxUnhandled = 1000
  }
}
