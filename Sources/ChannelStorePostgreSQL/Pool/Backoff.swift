/// When a database that is away may be tried again: one attempt at a time, after pauses that double.
///
/// Times are since any fixed moment.
struct Backoff: Sendable {
  private let first: Duration
  private let longest: Duration
  private var failures = 0
  private var next: Duration = .zero
  private var isTrying = false

  init(first: Duration, longest: Duration) {
    self.first = min(first, longest)
    self.longest = longest
  }

  /// Whether the last attempt failed.
  var isAway: Bool { failures > 0 }

  /// Whether an attempt may begin now. In health any number may; otherwise `succeeded` or `failed` has to follow.
  mutating func mayTry(at now: Duration) -> Bool {
    if failures == 0 { return true }
    guard !isTrying, now >= next else { return false }
    isTrying = true
    return true
  }

  mutating func succeeded() {
    failures = 0
    isTrying = false
  }

  /// - Parameter chance: From 0 to 1: where in its second half a pause ends, so that several processes don't come at once.
  mutating func failed(at now: Duration, chance: Double) {
    var pause = first
    for _ in 0..<min(failures, 32) where pause < longest { pause *= 2 }
    failures += 1
    isTrying = false
    next = now + min(pause, longest) * (0.5 + chance / 2)
  }
}
