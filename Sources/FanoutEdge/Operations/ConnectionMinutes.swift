import NIOCore

/// The minutes that clients have been connected, each begun one whole (`connection_minute`, GRIP proxy §21.2).
///
/// **Why**: without a timer or a number for each connection. A connection begins a minute in the second of the minute in which it was
/// opened, so it is enough to know how many connections were opened in each of the 60.
/// **Isolation**: one event loop.
struct ConnectionMinutes {
  /// The second of the minute in which a connection was opened; it is given back when it closes.
  struct Phase: Sendable {
    fileprivate let second: Int
  }

  private var open = [Int](repeating: 0, count: 60)
  private var openCount = 0
  private var begun = 0
  private var now: Int64

  /// - Parameter now: any clock's time.
  init(now: NIODeadline) {
    self.now = Self.seconds(now)
  }

  /// A connection has been opened: its first minute has begun.
  mutating func opened(now: NIODeadline) -> Phase {
    advance(to: now)
    let second = Int(self.now % 60)
    open[second] += 1
    openCount += 1
    begun += 1
    return Phase(second: second)
  }

  /// A connection has been closed.
  mutating func closed(_ phase: Phase, now: NIODeadline) {
    advance(to: now)
    open[phase.second] -= 1
    openCount -= 1
  }

  /// The minutes begun until now.
  mutating func total(now: NIODeadline) -> Int {
    advance(to: now)
    return begun
  }

  private mutating func advance(to deadline: NIODeadline) {
    let target = Self.seconds(deadline)
    guard target > now else { return }
    let wholeMinutes = (target - now) / 60
    begun += Int(wholeMinutes) * openCount
    now += wholeMinutes * 60
    while now < target {
      now += 1
      begun += open[Int(now % 60)]
    }
  }

  private static func seconds(_ deadline: NIODeadline) -> Int64 {
    Int64(deadline.uptimeNanoseconds / 1_000_000_000)
  }
}
