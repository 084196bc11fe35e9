import FanoutBus
import GRIP
import Logging
import NIOCore

// How a WebSocket whose channels have ids gets what it missed: its origin is asked, with the last ids that it had, sends
// what is missing, and subscribes again with the id up to which it has sent (docs/websocket.md).
extension HoldTable {
  /// Asks the origin now.
  func beginResume(_ index: Int32, hold: Hold) {
    guard let socket = hold.socket, hold.state == .holding else { return }
    let lastIDs = lastIDs(of: hold)
    guard !lastIDs.isEmpty else { return }
    hold.state = .fetching
    socket.resuming = Set(lastIDs.map(\.channel))
    socket.resumeAttempts += 1
    counters.resumes += 1
    refreshSocket(index, hold: hold)
    guard socket.session.hasOrigin else {
      // A detached one can only come back.
      return resumeFailed(index, hold: hold)
    }
    hold.updateTimer = schedule(.resume, for: index, after: configuration.resumeTimeout)
    socket.session.resume(lastIDs)
  }

  /// The origin has not told where all channels go on.
  func resumeTimedOut(_ index: Int32, hold: Hold) {
    guard let socket = hold.socket, hold.state == .fetching else { return }
    guard socket.resumeAttempts <= configuration.nextLinkRetries else { return resumeFailed(index, hold: hold) }
    hold.state = .holding
    beginResume(index, hold: hold)
  }

  /// The client has to come back, and say itself where it stands.
  private func resumeFailed(_ index: Int32, hold: Hold) {
    counters.failedNextLinks += 1
    logger.debug("a WebSocket's origin did not resume it", metadata: ["uri": "\(hold.uri)"])
    hold.socket?.session.end(SocketClose(code: 1012, reason: "come back: something was missed"))
  }

  /// A channel goes on from where it was subscribed again, or goes on no more. With the last of them what waited is
  /// delivered.
  func positionTold(_ name: String, slot: HoldSlot, hold: Hold, socket: SocketHold) {
    guard socket.resuming.remove(name) != nil, socket.resuming.isEmpty, hold.state == .fetching else { return }
    hold.state = .holding
    socket.resumeAttempts = 0
    cancel(&hold.updateTimer)
    deliverWaiting(toSocket: hold, slot: slot)
    guard slab.hold(slot) != nil else { return }
    refreshSocket(slot.index, hold: hold)
    if hold.gaps != 0 { updateLater(slot, hold: hold) }
  }

  /// Of each channel the items that the origin has sent already are left out: all up to the first that follows where the
  /// channel stands now.
  private func deliverWaiting(toSocket hold: Hold, slot: HoldSlot) {
    guard let backlog = hold.backlog else { return }
    let waiting = backlog.waiting
    backlog.waiting = []
    backlog.waitingBytes = 0
    hold.dropBacklog()
    var reached: UInt32 = 0
    for item in waiting {
      guard slab.hold(slot) != nil else { return }
      guard let index = channels.index(of: item.published.channel),
        let entry = hold.channels.firstIndex(where: { $0.index == index })
      else { continue }
      let bit: UInt32 = 1 << UInt32(entry)
      if reached & bit == 0, !Self.actsAtOnce(item.item),
        let position = member(hold.channels[entry], kind: .socket).previousID
      {
        guard item.item.previousID == position else { continue }
        reached |= bit
      }
      deliver(item, toSocket: hold, slot: slot, entry: entry)
    }
  }
}
