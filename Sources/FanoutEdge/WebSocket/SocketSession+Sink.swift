import NIOCore

// What the hold table does with a session. A WebSocket has no response that ends, is not asked again and has no next link:
// what the table asks of HTTP's holds only has no effect here.
extension SocketSession: HoldSink {
  var descriptor: Int32 { client?.descriptor ?? -1 }
  var framing: StreamFraming { .untilClose }
  var closesAfterResponse: Bool { true }
  var isHead: Bool { false }
  var minorVersion: Int { 1 }

  func writeThroughPipeline(_ bytes: ByteBuffer) { client?.writeThroughPipeline(bytes) }
  func responseCompleted() {}
  func streamEnded(isComplete: Bool) {}
  func retry(lastIDs: [(channel: String, id: String)]) {}

  func fetch(link: String, lastIDs: [(channel: String, id: String)], receiver: any LinkReceiver) -> any LinkFetch {
    NoLink()
  }

  func ask(_ question: FilterQuestion, answer: @escaping (FilterAnswer) -> Void) -> any LinkFetch {
    if let asking, let target { return asking(question, target, answer) }
    // Not before this has returned.
    let pending = UnaskedQuestion(answer)
    let bound = NIOLoopBound(pending, eventLoop: table.loop)
    table.loop.execute { bound.value.fail() }
    return pending
  }

  /// The table has freed the slot.
  func close(_ reason: CloseReason) {
    guard phase != .over else { return }
    slot = nil
    guard reason == .shutdown, phase == .open || phase == .opening else { return drop(reason) }
    if phase == .opening {
      let origin = origin
      originFailed(.unavailable)
      origin?.clientLost()
    } else {
      end(SocketClose(code: 1001, reason: "the proxy stops: come back"))
    }
  }
}

extension SocketSession {
  /// Whether messages to the client may be compressed.
  var isDeflating: Bool { client?.isDeflating ?? false }
  /// Whether what is sent to the client leaves at once.
  var isClientWritable: Bool { client?.isWritable ?? false }
  /// Whether there is an origin to ask.
  var hasOrigin: Bool { origin != nil }

  /// Sends a frame of the origin's to the client; its turn has come.
  func transmit(_ frame: SocketFrame) { client?.send(frame) }

  /// Ends the client's side; everything before has been handed over, and the slot is free.
  func sendClose(_ close: SocketClose) {
    slot = nil
    client?.close(close)
  }

  /// The origin is asked at once (publish action `refresh`, command `refresh`).
  func refreshOrigin() { origin?.refresh() }

  /// There is room for more of the origin's frames.
  func queueShrank() {
    if acceptsOriginFrames { origin?.resumeReading() }
  }

  /// A question that nobody can be asked.
  private final class UnaskedQuestion: LinkFetch {
    private var answer: ((FilterAnswer) -> Void)?

    init(_ answer: @escaping (FilterAnswer) -> Void) { self.answer = answer }

    func fail() {
      answer?(.failed("there is no way to a filter's service"))
      answer = nil
    }

    func cancel() { answer = nil }
  }

  /// A link that nobody fetches.
  private final class NoLink: LinkFetch {
    func cancel() {}
  }
}
