import NIOCore

/// How many of a pool's connections each client's address has, so that no one client can have them all.
///
/// **Why**: a client can keep a connection busy for long without any fault that could be told at once: by a body that comes slowly, by
/// a response that is read slowly. Others must get through meanwhile.
/// **Isolation**: its event loop.
struct PeerShares {
  private struct Share {
    var count = 0
    var waiting = CircularBuffer<OriginTicket>()
    var cancelledCount = 0
  }

  private let max: Int
  private var shares: [String: Share] = [:]

  /// - Parameter max: places of one address.
  init(max: Int) {
    self.max = Swift.max(1, max)
  }

  /// Takes a place for a ticket, or lets the ticket wait for one. Who has no address is not counted.
  mutating func take(_ ticket: OriginTicket) -> Bool {
    guard let peer = ticket.peer else { return true }
    var share = shares.removeValue(forKey: peer) ?? Share()
    defer { shares[peer] = share }
    guard share.count < max else {
      share.waiting.append(ticket)
      return false
    }
    share.count += 1
    ticket.hasPlace = true
    return true
  }

  /// Gives a place back: to the ticket that has waited longest, which is returned, or to nobody.
  mutating func giveBack(_ peer: String) -> OriginTicket? {
    guard var share = shares.removeValue(forKey: peer) else { return nil }
    while let ticket = share.waiting.popFirst() {
      if ticket.isOver { continue }
      ticket.hasPlace = true
      shares[peer] = share
      return ticket
    }
    share.count -= 1
    if share.count > 0 { shares[peer] = share }
    return nil
  }

  /// A ticket that may wait here is over. Such are cleared away once they are most.
  mutating func cancelled(_ ticket: OriginTicket) {
    guard let peer = ticket.peer, var share = shares.removeValue(forKey: peer) else { return }
    share.cancelledCount += 1
    if share.cancelledCount > 64, share.cancelledCount > share.waiting.count / 2 {
      share.cancelledCount = 0
      share.waiting.removeAll { $0.isOver }
    }
    shares[peer] = share
  }
}

@available(*, unavailable)
extension PeerShares: Sendable {}
