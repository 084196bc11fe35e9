package import FanoutBus

/// What holding and delivering has done, since the start.
package struct DeliveryCounters: Sendable, Hashable {
  /// Holds now.
  package var holds = 0
  /// Those of them that are WebSockets.
  package var sockets = 0
  /// Channels with listeners now, per event loop.
  package var channels = 0
  /// Items that reached an event loop with listeners.
  package var items = 0
  /// Items handed to connections.
  package var deliveries = 0
  /// Those of them that completed long-polls (`http-response`).
  package var responseDeliveries = 0
  /// Those of them that went to WebSockets (`ws-message`). The rest went to streams.
  package var socketDeliveries = 0
  /// Items taken from publishers, each at its channel's home.
  package var published = 0
  /// Holds now, by the raw value of `HoldKind`.
  package var holdsByKind = HoldKind.noCounts
  /// System calls and pipeline writes that took.
  package var writes = 0
  /// Times a client had to be waited for.
  package var slow = 0
  /// Items dropped for slow clients.
  package var dropped = 0
  /// Connections closed as slow.
  package var disconnected = 0
  /// Items that did not follow what the listener had.
  package var gaps = 0
  /// Gaps that items on their way closed.
  package var closedGaps = 0
  /// Long-polls that asked the origin again.
  package var retries = 0
  /// WebSockets whose origin was asked for what they missed.
  package var resumes = 0
  /// Next links fetched.
  package var nextLinks = 0
  /// Next links that failed for good.
  package var failedNextLinks = 0
  /// Keep-alives written.
  package var keepAlives = 0
  /// Long-polls answered with their time-out response.
  package var timeouts = 0
  /// Items that filters kept from a connection.
  package var filtered = 0
  /// Items not delivered to a connection because a filter failed, or because it had other content filters.
  package var failedFilters = 0
  /// Long-polls answered with 502 because a `body-patch` did not fit.
  package var failedPatches = 0
  /// Items that publishers were refused because too much was on its way.
  package var refused = 0
  /// What the sequencers have done.
  package var sequencer = SequencerCounters()

  /// Items handed to connections, by the raw value of `HoldKind`.
  package var deliveriesByKind: [Int] {
    var counts = HoldKind.noCounts
    counts[Int(HoldKind.poll.rawValue)] = responseDeliveries
    counts[Int(HoldKind.stream.rawValue)] = deliveries - responseDeliveries - socketDeliveries
    counts[Int(HoldKind.socket.rawValue)] = socketDeliveries
    return counts
  }

  /// Nothing done.
  package init() {}

  /// Adds another loop's.
  package static func += (sum: inout DeliveryCounters, other: DeliveryCounters) {
    sum.holds += other.holds
    sum.sockets += other.sockets
    sum.channels += other.channels
    sum.items += other.items
    sum.deliveries += other.deliveries
    sum.responseDeliveries += other.responseDeliveries
    sum.socketDeliveries += other.socketDeliveries
    sum.published += other.published
    for kind in sum.holdsByKind.indices { sum.holdsByKind[kind] += other.holdsByKind[kind] }
    sum.writes += other.writes
    sum.slow += other.slow
    sum.dropped += other.dropped
    sum.disconnected += other.disconnected
    sum.gaps += other.gaps
    sum.closedGaps += other.closedGaps
    sum.retries += other.retries
    sum.resumes += other.resumes
    sum.nextLinks += other.nextLinks
    sum.failedNextLinks += other.failedNextLinks
    sum.keepAlives += other.keepAlives
    sum.timeouts += other.timeouts
    sum.filtered += other.filtered
    sum.failedFilters += other.failedFilters
    sum.failedPatches += other.failedPatches
    sum.refused += other.refused
    sum.sequencer.duplicates += other.sequencer.duplicates
    sum.sequencer.waited += other.sequencer.waited
    sum.sequencer.passedLate += other.sequencer.passedLate
    sum.sequencer.dropped += other.sequencer.dropped
    sum.sequencer.evicted += other.sequencer.evicted
  }
}
