package import NIOCore

/// How services are asked.
package struct FilterSettings: Sendable {
  /// Per URL, over all loops; what is too much waits. Default 100 (GRIP §13.6).
  package var requestsPerSecond = 100
  /// From the request to the end of the response. Default 10 s.
  package var timeout = TimeAmount.seconds(10)
  /// LIMIT: bytes of a response. Default 100,000.
  package var maxResponseBytes = 100_000

  package init() {}
}

/// The requests of network filters on one event loop: so many per second and URL, the others wait in order.
///
/// **Bounds**: each hold has one question at a time, so no more wait than there are holds.
/// **Isolation**: its event loop, every member.
final class FilterCalls: DeadlineOwner {
  private struct Line {
    var limiter: UpdateLimiter
    var waiting = CircularBuffer<FilterCall>()
  }

  let settings: FilterSettings
  private let rate: Int
  private let deadlines: Deadlines
  private let loop: any EventLoop
  private var lines: [String: Line] = [:]
  private var deadlineKey: Int32 = -1
  private let start: NIODeadline

  /// - Parameter rate: this loop's share.
  init(settings: FilterSettings, rate: Int, deadlines: Deadlines, loop: any EventLoop) {
    self.settings = settings
    self.rate = rate
    self.deadlines = deadlines
    self.loop = loop
    start = loop.now
  }

  /// Lets a call begin, now or when its turn has come.
  func admit(_ call: FilterCall, uri: String) {
    // A quiet line is as good as a new one.
    if lines.count >= 1024 { lines = lines.filter { !$0.value.waiting.isEmpty } }
    var line = lines.removeValue(forKey: uri) ?? Line(limiter: UpdateLimiter(rate: rate))
    let isFree = line.waiting.isEmpty && line.limiter.take(now: loop.now - start)
    if !isFree { line.waiting.append(call) }
    lines[uri] = line
    if isFree { call.begin() } else { wait() }
  }

  private func wait() {
    guard deadlineKey < 0 else { return }
    deadlineKey = deadlines.add(self)
    deadlines.set(deadlineKey, to: loop.now + .milliseconds(100))
  }

  func deadlinePassed(now: NIODeadline) {
    deadlines.remove(&deadlineKey)
    var admitted: [FilterCall] = []
    for (uri, var line) in lines where !line.waiting.isEmpty {
      while let call = line.waiting.first {
        guard call.isOver || line.limiter.take(now: now - start) else { break }
        line.waiting.removeFirst()
        admitted.append(call)
      }
      lines[uri] = line
    }
    if lines.contains(where: { !$0.value.waiting.isEmpty }) { wait() }
    for call in admitted { call.begin() }
  }
}

@available(*, unavailable)
extension FilterCalls: Sendable {}
