import GRIP
import NIOCore

// How holds end because the edge stops.
extension HoldTable {
  /// Holds nothing new, and says when `endSome` is to be called: for a few holds once and at once, for many in steps.
  ///
  /// - Parameter spread: the time over which the ends are spread; `nil` ends all without an answer, by `endAll`.
  func beginShutdown(spread: TimeAmount?) -> [TimeAmount] {
    isStopped = true
    guard let spread else { return [] }
    // In no order, so that clients that came together do not come back together.
    ending = slab.used.map { slab.slot($0) }.shuffled(using: &generator)
    endedAtOnce = max(100, (ending.count + 19) / 20)
    let steps = (ending.count + endedAtOnce - 1) / endedAtOnce
    return (0..<steps).map { .nanoseconds(spread.nanoseconds / Int64(steps) * Int64($0)) }
  }

  /// Ends as many as one step has: long-polls with their time-out response, streams by closing.
  func endSome() {
    let count = min(ending.count, endedAtOnce)
    let slots = Array(ending.suffix(count))
    ending.removeLast(count)
    for slot in slots {
      guard let hold = slab.hold(slot) else { continue }
      if hold.response != nil {
        timedOut(slot.index, hold: hold)
      } else if slab.hot[Int(slot.index)].flags.contains(.isPending) {
        // A part of an item may have left: the rest of it follows, then the end.
        end(slot.index, hold: hold, isComplete: false)
      } else {
        free(slot.index)
        hold.sink.close(.shutdown)
      }
    }
  }

  /// Closes what is left.
  func endAll() {
    ending = []
    wheel?.stop()
    for index in slab.used {
      guard let hold = slab[index] else { continue }
      free(index)
      hold.sink.close(.shutdown)
    }
    mailbox.detach()
  }
}
