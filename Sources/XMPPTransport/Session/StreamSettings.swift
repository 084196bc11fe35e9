package import NIOCore
package import XMPP

/// Bounds and times of one stream. One value serves many streams.
package struct StreamSettings: Sendable {
  /// What a stanza may have; default as ``XMLLimits``.
  package var limits = XMLLimits()
  /// How many stanzas may wait to be sent; default 1,000. More are refused with `overflow`.
  package var maxQueuedStanzas = 1000
  /// How many bytes of stanzas may wait to be sent; default 1 MiB. More are refused with `overflow`.
  package var maxQueuedBytes = 1024 * 1024
  /// How many stanzas may be written that the server has not acknowledged (XEP-0198); default 256. Further ones wait.
  package var maxUnacknowledged = 256
  /// How many stanzas may be handed out and not be finished before nothing more is read; default 256. Those of one read,
  /// 8 KiB of plain bytes or one TLS record, come even so.
  package var maxUnhandled = 256
  /// How many queries may wait for an answer; default 1,000.
  package var maxRequests = 1000
  /// How long one address is tried; default 10 s.
  package var connectTimeout = TimeAmount.seconds(10)
  /// How long the negotiation may take, TLS and login among it; default 30 s.
  package var negotiationTimeout = TimeAmount.seconds(30)
  /// After how long a silence the server is asked whether it is there; default 60 s.
  package var keepAlive = TimeAmount.seconds(60)
  /// How long it then has; default 30 s.
  package var keepAliveTimeout = TimeAmount.seconds(30)
  /// How long a goodbye waits for the server's; default 5 s.
  package var closeTimeout = TimeAmount.seconds(5)
  /// How long to wait between two attempts.
  package var backoff = Backoff()
  /// How many attempts in a row may fail; `nil`, the default, is without end.
  package var maxAttempts: Int?

  /// The defaults.
  package init() {}
}
