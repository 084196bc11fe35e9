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

  /// The origin is asked at once (publish action `refresh`).
  func refreshOrigin() { origin?.refresh() }

  /// There is room for more of the origin's frames.
  func queueShrank() {
    if acceptsOriginFrames { origin?.resumeReading() }
  }

  /// A link that nobody fetches.
  private final class NoLink: LinkFetch {
    func cancel() {}
  }
}
