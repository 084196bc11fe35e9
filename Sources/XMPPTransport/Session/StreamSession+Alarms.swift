import NIOCore
import XMPP

// What happens because time passes.
extension StreamSession: AlarmOwner {
  /// Sets the alarm to what comes next.
  func setAlarm() {
    guard alarm >= 0 else { return }
    var next = [deadline, requests.earliest].compactMap(\.self).min()
    if case .online = phase {
      let watch = pingDue ?? lastHeard + plan.settings.keepAlive
      next = next.map { min($0, watch) } ?? watch
    }
    shared.alarms.set(alarm, to: next)
  }

  func alarmRang(now: NIODeadline) {
    for completion in requests.expired(now: now) { completion(.failure(.timeout)) }
    switch phase {
    case .waiting where isOver(now): beginRound()
    case .negotiating where isOver(now): connection?.fail(.timeout("the negotiation did not end in time"))
    case .closing where isOver(now):
      connection?.fail(.closed)
      end(.closed)
    case .online: watch(now)
    default: break
    }
    setAlarm()
  }

  /// Whether the present phase has lasted long enough.
  private func isOver(_ now: NIODeadline) -> Bool {
    guard let deadline, deadline <= now else { return false }
    self.deadline = nil
    return true
  }

  private func watch(_ now: NIODeadline) {
    // Who does not read hears nothing.
    if unhandled >= plan.settings.maxUnhandled { heard() }
    if let pingDue {
      if pingDue <= now {
        connection?.fail(.timeout("it did not answer within \(Self.seconds(plan.settings.keepAliveTimeout))"))
      }
    } else if now - lastHeard >= plan.settings.keepAlive {
      sendPing()
    }
  }

  private static func seconds(_ time: TimeAmount) -> String { "\(Double(time.nanoseconds) / 1e9) s" }
}
