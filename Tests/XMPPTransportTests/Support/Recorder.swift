import NIOCore
import Synchronization
import XMPP
import XMPPTransport

/// Keeps what a session tells, for a test that waits for it. The wait ends with the time limit of the suite.
final class Recorder: Sendable {
  private struct State {
    var stanzas: [Stanza] = []
    var events: [StreamEvent] = []
    var waiting: [(isOver: @Sendable (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())
  private let disposition: StanzaDisposition

  init(_ disposition: StanzaDisposition = .done) { self.disposition = disposition }

  /// To be given to a session.
  var handlers: StreamHandlers {
    StreamHandlers(
      stanza: { [self] stanza in
        change { $0.stanzas.append(stanza) }
        return disposition
      },
      event: { [self] event in change { $0.events.append(event) } })
  }

  var stanzas: [Stanza] { state.withLock { $0.stanzas } }
  var events: [StreamEvent] { state.withLock { $0.events } }

  /// The texts of the messages that came.
  var bodies: [String] { stanzas.compactMap { $0.child("body", XMPPNamespace.client)?.text } }

  /// How often the session came online, anew or resumed.
  func onlineCount(isResumed wanted: Bool? = nil) -> Int {
    events.filter { event in
      if case .online(_, let isResumed) = event { wanted == nil || wanted == isResumed } else { false }
    }.count
  }

  /// What was lost.
  var undelivered: [String] {
    events.flatMap { event -> [String] in
      if case .undelivered(let stanzas) = event { stanzas.map { String(decoding: $0, as: UTF8.self) } } else { [] }
    }
  }

  /// The reasons of the interruptions.
  var interruptions: [TransportError] {
    events.compactMap { if case .offline(let error, _) = $0 { error } else { nil } }
  }

  /// Waits until so many stanzas have come.
  func stanzas(atLeast count: Int) async { await wait { $0.stanzas.count >= count } }

  /// Waits until the session has come online so often.
  func online(atLeast count: Int, isResumed wanted: Bool? = nil) async {
    await wait { state in
      state.events.filter { event in
        if case .online(_, let isResumed) = event { wanted == nil || wanted == isResumed } else { false }
      }.count >= count
    }
  }

  /// Waits until there is an event like that.
  func event(_ matches: @escaping @Sendable (StreamEvent) -> Bool) async {
    await wait { $0.events.contains(where: matches) }
  }

  /// Waits until the session was interrupted so often.
  func offline(atLeast count: Int = 1) async {
    await wait { state in
      state.events.filter { if case .offline = $0 { true } else { false } }.count >= count
    }
  }

  private func wait(_ isOver: @escaping @Sendable (State) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isOverNow = state.withLock { state in
        if isOver(state) { return true }
        state.waiting.append((isOver, continuation))
        return false
      }
      if isOverNow { continuation.resume() }
    }
  }

  private func change(_ body: (inout State) -> Void) {
    let ready = state.withLock { state in
      body(&state)
      let now = state
      let ready = state.waiting.filter { $0.isOver(now) }.map(\.continuation)
      state.waiting.removeAll { $0.isOver(now) }
      return ready
    }
    for continuation in ready { continuation.resume() }
  }
}
