import NIOCore

// What is done with all WebSockets, or with one by its name. They end because the edge stops: told to come back, not all in
// one moment.
extension Edge {
  /// Closes every WebSocket with 1001, spread over a time in random order; up to a hundred of an event loop end together.
  ///
  /// It returns when the last one has been told.
  func endSockets(over spread: TimeAmount) async {
    await withDiscardingTaskGroup { group in
      for loop in loops {
        group.addTask {
          let counted = try? await loop.eventLoop.submit { loop.context.value.beginSocketEnds() }.get()
          guard let count = counted, count > 0 else { return }
          let atOnce = max(100, (count + 19) / 20)
          let steps = (count + atOnce - 1) / atOnce
          for step in 0..<steps {
            if step > 0 { try? await Task.sleep(for: .nanoseconds(spread.nanoseconds / Int64(steps))) }
            try? await loop.eventLoop.submit { loop.context.value.endSockets(atOnce) }.get()
          }
        }
      }
    }
  }
}

extension Edge {
  /// Lets the origin of a WebSocket be asked at once, by its `Connection-Id`. Does nothing where there is none.
  func refreshSocket(_ id: String) {
    for loop in loops { loop.eventLoop.execute { loop.context.value.namedSockets[id]?.receiver?.refreshOrigin() } }
  }
}

extension LoopContext {
  /// Finds the WebSockets that are open and not in the hold table, which ends its own. Returns how many.
  func beginSocketEnds() -> Int {
    endingSockets = (0..<deadlines.placeCount).filter { socket(at: $0).map { $0.heldSlot == nil } ?? false }.shuffled()
    return endingSockets.count
  }

  /// Ends so many of them; who has gone meanwhile is left out.
  func endSockets(_ count: Int) {
    let places = endingSockets.suffix(count)
    endingSockets.removeLast(places.count)
    for place in places { socket(at: place)?.goAway() }
  }

  private func socket(at place: Int) -> DownstreamSocket? {
    (deadlines.owner(at: place) as? DownstreamConnection)?.socket
  }
}
