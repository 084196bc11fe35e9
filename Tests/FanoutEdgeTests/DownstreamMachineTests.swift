import FanoutEdge
import NIOCore
import Testing

@Suite("The machine of a client connection")
struct DownstreamMachineTests {
  private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

  private static func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

  private static func machine() -> DownstreamMachine { DownstreamMachine(timeouts: .init(), now: start) }

  private static func exchanging(
    keepAlive: Bool = true, expectsContinue: Bool = false, isComplete: Bool = true
  ) -> DownstreamMachine {
    var machine = machine()
    machine.headBytesReceived(now: start)
    machine.headCompleted(wantsKeepAlive: keepAlive, expectsContinue: expectsContinue, now: start)
    if isComplete { machine.requestCompleted() }
    return machine
  }

  @Test func `a connection without a request is closed after the idle time`() {
    var machine = Self.machine()
    #expect(machine.deadline == Self.at(60))
    #expect(machine.deadlinePassed(now: Self.at(59)) == .none)
    #expect(machine.deadlinePassed(now: Self.at(60)) == .close(.timeout))
  }

  @Test func `the time for a head counts from its first byte, whatever comes later`() {
    var machine = Self.machine()
    machine.headBytesReceived(now: Self.at(30))
    machine.headBytesReceived(now: Self.at(39))
    #expect(machine.deadline == Self.at(40))
    guard case .refuse(let fault) = machine.deadlinePassed(now: Self.at(40)) else {
      Issue.record("no refusal")
      return
    }
    #expect(fault.status == 408)
  }

  @Test func `after a response the next request may come`() {
    var machine = Self.exchanging()
    #expect(machine.deadline == nil)
    let closes = machine.responseStarted(isDelimited: true)
    #expect(!closes)
    #expect(machine.responseCompleted(isComplete: true, now: Self.at(5)) == .next)
    #expect(machine.state == .idle)
    #expect(machine.deadline == Self.at(65))
  }

  @Test(arguments: [(false, true, true), (true, false, true), (true, true, false)])
  func `a response ends the connection when the client, the framing or the request says so`(
    keepAlive: Bool, isDelimited: Bool, isComplete: Bool
  ) {
    var machine = Self.exchanging(keepAlive: keepAlive, isComplete: isComplete)
    let closes = machine.responseStarted(isDelimited: isDelimited)
    #expect(closes)
    #expect(machine.responseCompleted(isComplete: true, now: Self.at(1)) == .linger)
    #expect(machine.deadline == Self.at(61))
    machine.outputClosed(now: Self.at(20))
    #expect(machine.deadlinePassed(now: Self.at(21)) == .none)
    #expect(machine.deadlinePassed(now: Self.at(22)) == .close(.timeout))
  }

  @Test func `a response that failed in the middle is cut`() {
    var machine = Self.exchanging()
    _ = machine.responseStarted(isDelimited: true)
    #expect(machine.responseCompleted(isComplete: false, now: Self.at(1)) == .abort)
    #expect(machine.state == .lingering)
  }

  @Test func `100 Continue is owed once, and not after a response has begun`() {
    var machine = Self.exchanging(expectsContinue: true, isComplete: false)
    let first = machine.bodyReadingChanged(isReading: true, now: Self.start)
    let second = machine.bodyReadingChanged(isReading: true, now: Self.start)
    #expect(first && !second)
    var answered = Self.exchanging(expectsContinue: true, isComplete: false)
    _ = answered.responseStarted(isDelimited: true)
    let late = answered.bodyReadingChanged(isReading: true, now: Self.start)
    #expect(!late)
  }

  @Test func `a body below the rate is refused after the grace`() {
    var machine = Self.exchanging(isComplete: false)
    _ = machine.bodyReadingChanged(isReading: true, now: Self.start)
    machine.bodyReceived(count: 100, now: Self.at(1))
    #expect(machine.deadlinePassed(now: Self.at(10)) == .none)
    guard case .refuse(let fault) = machine.deadlinePassed(now: Self.at(12)) else {
      Issue.record("no refusal")
      return
    }
    #expect(fault.status == 408)
  }

  @Test func `time in which we do not read does not count against a body`() {
    var machine = Self.exchanging(isComplete: false)
    _ = machine.bodyReadingChanged(isReading: true, now: Self.start)
    _ = machine.bodyReadingChanged(isReading: false, now: Self.at(5))
    #expect(machine.deadline == nil)
    _ = machine.bodyReadingChanged(isReading: true, now: Self.at(1000))
    #expect(machine.deadlinePassed(now: Self.at(1005)) == .none)
    guard case .refuse = machine.deadlinePassed(now: Self.at(1008)) else {
      Issue.record("no refusal")
      return
    }
  }

  @Test func `a body that keeps the rate is never refused`() {
    var machine = Self.exchanging(isComplete: false)
    _ = machine.bodyReadingChanged(isReading: true, now: Self.start)
    for second in 1..<100 {
      machine.bodyReceived(count: 240, now: Self.at(Int64(second)))
      #expect(machine.deadlinePassed(now: Self.at(Int64(second))) == .none)
    }
  }

  @Test func `a client that does not read its response is closed as slow`() {
    var machine = Self.exchanging()
    _ = machine.responseStarted(isDelimited: true)
    machine.writabilityChanged(isStalled: true, now: Self.at(1))
    machine.writabilityChanged(isStalled: false, now: Self.at(30))
    #expect(machine.deadline == nil)
    machine.writabilityChanged(isStalled: true, now: Self.at(40))
    machine.writabilityChanged(isStalled: true, now: Self.at(90))
    #expect(machine.deadlinePassed(now: Self.at(100)) == .close(.slow))
  }

  @Test func `a held request has no deadline here, and goes on when the table gives it back`() {
    var machine = Self.exchanging()
    machine.holdStarted()
    #expect(machine.deadline == nil)
    #expect(!machine.endsAfterResponse)
    machine.holdReleased()
    #expect(machine.state == .exchange)
    _ = machine.responseStarted(isDelimited: true)
    #expect(machine.responseCompleted(isComplete: true, now: Self.at(2)) == .next)
  }

  @Test func `an edge that stops closes idle connections at once and others after their response`() {
    var idle = Self.machine()
    let isIdle = idle.drainingStarted()
    #expect(isIdle)
    var busy = Self.exchanging()
    let isFree = busy.drainingStarted()
    #expect(!isFree)
    #expect(busy.endsAfterResponse)
    let closes = busy.responseStarted(isDelimited: true)
    #expect(closes)
  }
}
