/// The limits of a sequencer.
package struct SequencerConfiguration: Sendable, Hashable {
  /// How long the same id of the same channel is dropped; zero turns it off. Default 60 s (`id_cache_ttl`).
  package var duplicateWindow: Duration = .seconds(60)
  /// LIMIT: ids that are remembered for it; the oldest are forgotten beyond. Default 1,000,000.
  package var duplicateLimit = 1_000_000
  /// How long an item waits for the one before it. Default 5 s (`message_wait`).
  package var messageWait: Duration = .seconds(5)
  /// LIMIT: waiting items of a channel; beyond it an item is dropped and counted. Default 100.
  package var waitingPerChannel = 100
  /// LIMIT: waiting items of all channels; beyond it the oldest passes early. Default 10,000.
  package var waitingLimit = 10_000
  /// LIMIT: channels without listeners whose last id is remembered; the oldest are forgotten beyond. Default 1,000,000.
  package var channelLimit = 1_000_000
  /// How long a channel counts as listened to after its last listener has gone, and how long the last id of a channel
  /// without listeners is remembered. Default 60 s (`subscription_linger`).
  package var linger: Duration = .seconds(60)

  /// The defaults.
  package init() {}
}

/// What a sequencer has done, since its start.
package struct SequencerCounters: Sendable, Hashable {
  /// Items that had been there before.
  package var duplicates = 0
  /// Items that waited for the one before them.
  package var waited = 0
  /// Items that passed because they had waited long enough, or because too many waited.
  package var passedLate = 0
  /// Items dropped because of a bound, or because one with the same `prev-id` waited already.
  package var dropped = 0
  /// Last ids forgotten because of a bound.
  package var evicted = 0

  /// Nothing done.
  package init() {}
}
