package import ChannelProtocol

/// How the channel server behaves on XMPP.
package struct ChannelComponentConfiguration: Sendable {
  /// The most bytes of a stanza that it sends; default 65,000. Peers refuse larger ones than 64 KiB.
  ///
  /// **Spec**: channel-server §2.
  package var maxStanzaBytes = 65_000
  /// In which namespace lists of memberships are answered; default as the last server of 2015.
  package var listNamespace = ListNamespace.java
  /// Queries of one sender that wait for each other; default 100. Beyond it a sender hears `resource-constraint`.
  package var maxQueuedPerSender = 100
  /// Queries of all senders that wait or run; default 10,000.
  package var maxQueued = 10_000
  /// Users whose presence is known; default 200,000. Others hear by their bare address.
  package var maxOnlineUsers = 200_000
  /// Resources of a user that hear; default 32.
  package var maxResources = 32
  /// Events that are read from the outbox at a time; default 500.
  package var relayBatch = 500
  /// How long it is remembered which server is the channel server of a domain; default 10 minutes.
  package var discoveryLifetime = Duration.seconds(600)
  /// How long it is remembered that a domain has none; default one minute.
  package var failedDiscoveryLifetime = Duration.seconds(60)
  /// Domains whose channel servers are remembered; default 10,000.
  package var maxDiscoveredDomains = 10_000
  /// Items of a domain that are asked whether they are its channel server; default 50.
  package var maxDiscoItems = 50
  /// What it calls itself.
  package var name = "buddycloud"
  /// Its version.
  package var version = ""

  /// The defaults.
  package init() {}
}
