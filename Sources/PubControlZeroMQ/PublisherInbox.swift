import PubControl
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What those who publish leave for the thread, and how it is woken.
///
/// **Bounds**: publishes of one endpoint that have not been answered; beyond them one more is answered `overloaded`.
/// **Isolation**: any thread, but for `take` and `done`, which are the thread's.
final class PublisherInbox: Sendable {
  /// A publish to one endpoint.
  struct Job: Sendable {
    let number: Int
    let endpoint: Int
    let items: [OutgoingItem]
    /// Called once.
    let answer: @Sendable (PublishFailure?) -> Void
  }

  private struct State {
    var jobs: [Job] = []
    var cancelled: Set<Int> = []
    var pending: [Int]
    var lastNumber = 0
    var isOver = false
  }

  /// Readable when something waits.
  let descriptor: Int32
  private let wakeEnd: Int32
  private let pendingLimit: Int
  private let state: Mutex<State>

  init(endpointCount: Int, pendingLimit: Int) throws(PublishFailure) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .transport("the system gives no pipe: \(String(cString: strerror(errno)))") }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
    }
    descriptor = ends[0]
    wakeEnd = ends[1]
    self.pendingLimit = pendingLimit
    state = Mutex(State(pending: Array(repeating: 0, count: endpointCount)))
  }

  deinit {
    close(descriptor)
    close(wakeEnd)
  }

  /// A number for a publish, by which it can be cancelled.
  func nextNumber() -> Int {
    state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
  }

  /// Leaves a publish, or answers it at once where it cannot be taken.
  func add(_ job: Job) {
    let refusal: PublishFailure? = state.withLock { state in
      if state.isOver { return .transport("the client has been closed") }
      if state.cancelled.contains(job.number) { return .cancelled }
      let pending = state.pending[job.endpoint]
      guard pending < pendingLimit else { return .overloaded(pending: pending) }
      state.pending[job.endpoint] += 1
      state.jobs.append(job)
      return nil
    }
    if let refusal { job.answer(refusal) } else { wake() }
  }

  /// Gives a publish up, as far as it has not been sent, also where it has not come yet.
  func cancel(_ number: Int) {
    state.withLock { _ = $0.cancelled.insert(number) }
    wake()
  }

  /// The publish has been answered.
  func forget(_ number: Int) {
    state.withLock { _ = $0.cancelled.remove(number) }
  }

  /// Takes nothing more; the thread ends when it has sent what waits, or in its own time.
  func end() {
    state.withLock { $0.isOver = true }
    wake()
  }

  /// What has come since, and what is cancelled.
  func take() -> (jobs: [Job], cancelled: Set<Int>, isOver: Bool) {
    var bytes = [UInt8](repeating: 0, count: 256)
    while read(descriptor, &bytes, bytes.count) == bytes.count {}
    return state.withLock { state in
      defer { state.jobs = [] }
      return (state.jobs, state.cancelled, state.isOver)
    }
  }

  /// Answers a publish.
  func done(_ job: Job, _ failure: PublishFailure?) {
    state.withLock { $0.pending[job.endpoint] -= 1 }
    job.answer(failure)
  }

  private func wake() {
    var byte: UInt8 = 1
    // It is full only when it has been woken often enough.
    _ = write(wakeEnd, &byte, 1)
  }
}
