import FanoutEdge
import NIOCore
import Testing

@Suite("Whether a WebSocket's client lives")
struct SocketLifeTests {
  private let settings = EdgeConfiguration.Sockets()
  private let stall = TimeAmount.seconds(60)

  private static func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds + 1000) }

  private func passed(
    _ life: inout SocketLife, _ seconds: Int64, isOpen: Bool = true, isReading: Bool = true, queued: Int = 0
  ) -> SocketLife.Action {
    life.passed(
      settings, stall: stall, isOpen: isOpen, isReading: isReading, queued: queued, now: Self.at(seconds))
  }

  private func deadline(_ life: SocketLife, isOpen: Bool = true) -> NIODeadline? {
    life.deadline(settings, stall: stall, isOpen: isOpen)
  }

  @Test func `silence is asked after 30 seconds, and ended 10 seconds later`() {
    var life = SocketLife(now: Self.at(0))
    #expect(deadline(life) == Self.at(30))
    #expect(passed(&life, 29) == .none)
    guard case .ping(let payload) = passed(&life, 30) else {
      Issue.record("no ping")
      return
    }
    #expect(life.isAnswer(payload))
    #expect(!life.isAnswer(ByteBuffer(string: "edge")))
    #expect(deadline(life) == Self.at(40))
    #expect(passed(&life, 39) == .none)
    #expect(passed(&life, 40) == .unresponsive)
  }

  @Test func `any byte is a sign of life`() {
    var life = SocketLife(now: Self.at(0))
    life.heard(now: Self.at(20))
    #expect(deadline(life) == Self.at(50))
    #expect(passed(&life, 30) == .none)
    _ = passed(&life, 50)
    life.heard(now: Self.at(55))
    #expect(deadline(life) == Self.at(85))
    #expect(passed(&life, 60) == .none)
  }

  @Test func `behind bytes that still get less a ping has more time`() {
    var life = SocketLife(now: Self.at(0))
    guard case .ping = passed(&life, 30, queued: 5000) else {
      Issue.record("no ping")
      return
    }
    #expect(passed(&life, 40, queued: 4000) == .none)
    #expect(deadline(life) == Self.at(50))
    #expect(passed(&life, 50, queued: 4000) == .unresponsive)
  }

  @Test func `who is not read is not asked`() {
    var life = SocketLife(now: Self.at(0))
    #expect(passed(&life, 30, isReading: false) == .none)
    #expect(deadline(life) == Self.at(60))
  }

  @Test func `who does not read has as long as any client`() {
    var life = SocketLife(now: Self.at(0))
    life.writabilityChanged(isStalled: true, now: Self.at(10))
    life.writabilityChanged(isStalled: true, now: Self.at(20))
    #expect(passed(&life, 30) == .none)
    #expect(passed(&life, 69) == .none)
    #expect(passed(&life, 70) == .slow)
    life.writabilityChanged(isStalled: false, now: Self.at(70))
    #expect(passed(&life, 71) == .none)
  }

  @Test func `a close frame is to be answered in 10 seconds`() {
    var life = SocketLife(now: Self.at(0))
    life.closeBegun(now: Self.at(5))
    #expect(deadline(life, isOpen: false) == Self.at(15))
    #expect(passed(&life, 14, isOpen: false) == .none)
    #expect(passed(&life, 15, isOpen: false) == .closeOverdue)
  }

  @Test func `pings can be turned off`() {
    var settings = settings
    settings.pingInterval = .zero
    var life = SocketLife(now: Self.at(0))
    #expect(life.deadline(settings, stall: stall, isOpen: true) == nil)
    #expect(
      life.passed(settings, stall: stall, isOpen: true, isReading: true, queued: 0, now: Self.at(10_000)) == .none)
  }
}
