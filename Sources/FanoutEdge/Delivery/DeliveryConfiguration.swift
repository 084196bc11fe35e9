package import FanoutBus
package import NIOCore

/// The limits and times of holding and delivering.
package struct DeliveryConfiguration: Sendable {
  /// What becomes of an item for a stream whose client does not read, when its queue is full.
  package enum SlowPolicy: String, Sendable, Hashable, CaseIterable {
    /// The connection is closed with `CloseReason.slow`. A stream with ids and a next link instead gets what it missed
    /// from the origin when it reads again.
    case disconnect
    /// The new item is dropped and counted, as Pushpin does. A stream with ids and a next link recovers as above.
    case drop
    /// The queued items are dropped and counted; the newest stays.
    case conflate
  }

  /// Sequencing.
  package var sequencer = SequencerConfiguration()
  /// LIMIT: channels of a hold; those beyond are ignored, with a line in the log. Default 20 (`connection_subscription_max`).
  package var channelsPerHold = 20
  /// LIMIT: items that wait for one client that does not read. Default 100.
  package var queuedItemsPerHold = 100
  /// LIMIT: bytes that wait for one client that does not read. Default 256 KiB. One item is taken whatever its size.
  package var queuedBytesPerHold = 256 * 1024
  /// What happens beyond these. Default: disconnect.
  package var slowPolicy = SlowPolicy.disconnect
  /// How long a client may take for what it has been given, before it is closed as slow. Default 120 s; zero: for ever.
  package var stallTimeout = TimeAmount.seconds(120)
  /// The kernel's send buffer of a held stream, in bytes (Linux takes twice as much); it bounds what a client that does not
  /// read costs there, which may be 4 MB otherwise. Default 64 KiB; zero leaves it to the system.
  package var streamSendBuffer = 64 * 1024
  /// Connections written in one turn of the event loop before others get theirs; 1 to 65,536, default 256.
  package var sliceSize = 256
  /// LIMIT: the bytes that several items of one channel are written together as. Default 64 KiB.
  package var coalescedBytes = 64 * 1024
  /// LIMIT: items on their way through one event loop; beyond it a publish is refused. Default 100,000.
  package var itemsInFlight = 100_000
  /// LIMIT: their bytes. Default 64 MiB.
  package var bytesInFlight = 64 * 1024 * 1024
  /// Deliveries per second over all event loops, each receiver of an item counted (`message_rate`). What is too much waits.
  /// Default 0: without limit, where Pushpin has 2,500.
  package var deliveriesPerSecond = 0
  /// LIMIT: deliveries that may wait, on all event loops (`message_hwm`); beyond it publishing is refused, and an item that
  /// was taken is never dropped for this. Default 0: only `itemsInFlight` and `bytesInFlight` count.
  package var deliveriesWaiting = 0
  /// The bytes that count as one delivery in these two (`message_block_size`). Default 0: an item is one, whatever its size.
  package var blockBytes = 0
  /// Origin requests per second and event loop that repair what was missed (retries, next links). Default 1,000; zero:
  /// without limit. Pushpin has 10 in all.
  package var updatesPerSecond = 1000
  /// How long a gap may last before the origin is asked, spread at random over the second half of it. An item on its way
  /// closes most gaps by itself: the origin is often ahead of its own publisher. Default 200 ms.
  package var gapDelay = TimeAmount.milliseconds(200)
  /// How long a graceful stop takes to end what is held, so that clients do not all come back in one moment; up to a
  /// hundred per event loop end at once. Default 1 s.
  package var shutdownSpread = TimeAmount.seconds(1)
  /// How often a next link that gives nothing is asked again, after 1, 2, 4, … s. Default 5.
  package var nextLinkRetries = 5
  /// How long an origin may take to tell where a reliable WebSocket goes on; then it is asked again, `nextLinkRetries` times,
  /// and at last the WebSocket is closed with 1012. Default 10 s.
  package var resumeTimeout = TimeAmount.seconds(10)
  /// Whether listeners of a channel are told to look again one second after its first came
  /// (`update_on_first_subscription`). Acts only with a bus that brings no items of unsubscribed channels, and only on
  /// holds with a `prev-id`. Default true.
  package var updatesOnFirstSubscription = true

  /// The defaults.
  package init() {}
}
