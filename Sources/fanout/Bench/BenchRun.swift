import AsyncHTTPClient
import GRIP
import NIOCore
import NIOPosix
import PubControl
import ServerKit
import Synchronization

/// One bench from the first connection to the last delivery.
final class BenchRun: Sendable {
  private let plan: BenchPlan
  private let stop: StopSignal
  private let log: BenchLog
  private let group: MultiThreadedEventLoopGroup
  private let loops: [(loop: any EventLoop, connections: NIOLoopBound<BenchLoop>)]
  private let published = Atomic(0)

  /// The moments between opening and publishing in which a proxy may still enter the last holds.
  private static let settling: Int64 = 500_000_000
  /// After the last delivery, for what comes twice.
  private static let listening: UInt64 = 250_000_000

  /// A run on as many event loops as are worth it.
  private init(plan: BenchPlan, stop: StopSignal, group: MultiThreadedEventLoopGroup) async throws {
    self.plan = plan
    self.stop = stop
    self.group = group
    log = BenchLog(channels: plan.channels, size: plan.size)
    var loops: [(loop: any EventLoop, connections: NIOLoopBound<BenchLoop>)] = []
    let all = Array(group.makeIterator())
    for (index, loop) in all.enumerated() {
      let numbers = Array(stride(from: index, to: plan.connections, by: all.count))
      let connections = try await loop.submit {
        NIOLoopBound(BenchLoop(plan: plan, loop: loop, numbers: numbers), eventLoop: loop)
      }.get()
      loops.append((loop, connections))
    }
    self.loops = loops
  }

  /// Runs a plan to its end.
  ///
  /// **Errors**: only what keeps it from beginning: an origin's address that is taken.
  ///
  /// - Parameter progress: called about once a second with a line; `nil` for none.
  static func report(
    of plan: BenchPlan, stop: StopSignal, progress: (@Sendable (String) -> Void)? = nil
  ) async throws -> BenchReport {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: min(4, System.coreCount))
    let result: Result<BenchReport, any Error>
    do {
      let run = try await BenchRun(plan: plan, stop: stop, group: group)
      result = .success(try await run.report(progress: progress))
    } catch {
      result = .failure(error)
    }
    try await group.shutdownGracefully()
    return try result.get()
  }

  private func report(progress: (@Sendable (String) -> Void)?) async throws -> BenchReport {
    if let origin = plan.origin {
      _ = try await BenchOrigin.start(
        at: origin.host, port: origin.port, answer: BenchOriginAnswer(plan: plan, log: log), group: group)
    }
    // Ends with this function, which cancels it.
    async let _: Void = tick(progress)
    let start = BenchClock.now()
    try await open(since: start)
    let openingSeconds = Self.seconds(since: start)
    try await stop.sleep(until: BenchClock.now() + Self.settling)
    let publishing = BenchClock.now()
    let failure = try await publish()
    let publishingSeconds = Self.seconds(since: publishing)
    try await awaitDeliveries()
    let figures = try await figures()
    for (loop, connections) in loops { try await loop.submit { connections.value.stop() }.get() }
    return BenchReport(
      plan: plan, figures: figures, published: published.load(ordering: .relaxed), openingSeconds: openingSeconds,
      publishingSeconds: publishingSeconds, publishFailure: failure, isInterrupted: stop.isGiven)
  }

  private func open(since start: Int64) async throws {
    for (loop, connections) in loops { loop.execute { connections.value.open() } }
    let deadline = start + Self.nanoseconds(plan.timeout)
    while !stop.isGiven, BenchClock.now() < deadline {
      let figures = try await figures()
      if figures.opened + figures.failed == plan.connections { return }
      try await stop.sleep(until: BenchClock.now() + 10_000_000)
    }
  }

  /// Publishes at the rate; gives the reason where it had to end early.
  private func publish() async throws -> String? {
    let client = HTTPClient(eventLoopGroup: group, configuration: PubControl.httpClientConfiguration)
    var options = PubControl.Options()
    options.attempts = 1
    options.timeout = plan.timeout
    let publisher = PubControl(endpoints: [plan.control], httpClient: client, options: options)
    let result: Result<String?, any Error>
    do {
      result = .success(try await publish(with: publisher))
    } catch {
      result = .failure(error)
    }
    try await client.shutdown()
    return try result.get()
  }

  private func publish(with publisher: PubControl) async throws -> String? {
    let start = BenchClock.now()
    var sent = 0
    while sent < plan.messages {
      try await stop.sleep(until: start + Int64(Double(sent) / plan.rate * 1e9))
      let hasRoom = try await awaitRoom()
      if stop.isGiven { return nil }
      guard hasRoom else { return "what was published has not reached everybody within the time limit" }
      let count = min(plan.batch, plan.messages - sent)
      let items = (sent..<sent + count).map(item)
      if let failure = try await publisher.publish(items).compactMap(\.failure).first { return failure.description }
      sent += count
      published.store(sent, ordering: .relaxed)
    }
    return nil
  }

  /// Waits until the next messages fit the window; false where they do not in time.
  private func awaitRoom() async throws -> Bool {
    guard let window = plan.window else { return true }
    let room = (window - plan.batch) * (plan.connections / plan.channels)
    let deadline = BenchClock.now() + Self.nanoseconds(plan.timeout)
    while try await figures().counts.lost > room {
      if stop.isGiven { return true }
      guard BenchClock.now() < deadline else { return false }
      try await stop.sleep(until: BenchClock.now() + 20_000_000)
    }
    return true
  }

  private func item(_ number: Int) -> GRIPItem {
    let channel = number % plan.channels
    let message = BenchMessage(
      run: plan.run, channel: channel, sequence: number / plan.channels + 1, sentNanoseconds: BenchClock.now())
    // An origin knows of a change before it tells of it.
    if plan.origin != nil, plan.hasIDs { log.append(message.text(size: plan.size), channel: channel) }
    return message.item(
      channelName: plan.channelName(channel), transport: plan.transport, hasIDs: plan.hasIDs, size: plan.size)
  }

  /// Also where Ctrl-C has ended publishing: what is on its way is not lost.
  private func awaitDeliveries() async throws {
    let deadline = BenchClock.now() + Self.nanoseconds(plan.timeout)
    while BenchClock.now() < deadline {
      if try await figures().counts.lost == 0 { break }
      try await Task.sleep(nanoseconds: 20_000_000)
    }
    try await Task.sleep(nanoseconds: Self.listening)
  }

  private func figures() async throws -> BenchLoop.Figures {
    let published = published.load(ordering: .relaxed)
    var sum = BenchLoop.Figures()
    for (loop, connections) in loops {
      sum.add(try await loop.submit { connections.value.figures(published: published) }.get())
    }
    return sum
  }

  private func tick(_ progress: (@Sendable (String) -> Void)?) async {
    guard let progress else { return }
    let start = BenchClock.now()
    while (try? await Task.sleep(for: .seconds(1))) != nil, let figures = try? await figures() {
      progress(
        "\(Int(Self.seconds(since: start))) s: \(figures.opened) of \(plan.connections) open, \(figures.failed) failed; "
          + "\(published.load(ordering: .relaxed)) of \(plan.messages) published; \(figures.counts.delivered) delivered, "
          + "\(figures.counts.lost) outstanding, \(figures.counts.duplicated) duplicated")
    }
  }

  private static func seconds(since moment: Int64) -> Double { Double(BenchClock.now() - moment) / 1e9 }

  private static func nanoseconds(_ duration: Duration) -> Int64 { duration.wholeMilliseconds * 1_000_000 }
}
