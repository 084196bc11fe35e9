import GRIP
import HTTPTypes
import NIOCore

/// The WebSocket of the target `test`: `/ws` sends back what comes, and subscribes its client to the channels of the query.
///
/// **Spec**: GRIP proxy §26.1.
/// **Isolation**: its event loop, every member.
final class TestSocketOrigin: SocketOrigin {
  private let request: SocketRequest
  private let target: OriginTarget
  private let loop: LoopContext
  private weak var receiver: (any SocketOriginReceiver)?

  /// - Parameter receiver: hears it as long as it lives.
  init(_ request: SocketRequest, target: OriginTarget, loop: LoopContext, receiver: any SocketOriginReceiver) {
    self.request = request
    self.target = target
    self.loop = loop
    self.receiver = receiver
  }

  /// As the client that gets the echo.
  var isWritable: Bool { receiver?.acceptsOriginFrames ?? true }

  func open() {
    // Not before this has returned, as with every origin.
    let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
    loop.eventLoop.execute { bound.value.answer() }
  }

  private func answer() {
    guard let receiver else { return }
    let (path, channels) = TestHandler.resource(request.head.target, of: request.route)
    guard path == "/ws" else {
      return receiver.originRejected(
        status: 404, reason: nil, fields: [.contentType: "text/plain"],
        body: ByteBuffer(string: "no such test resource\n"))
    }
    receiver.originOpened(
      fields: HTTPFields(), grip: request.offersGRIP ? GRIPWebSocketExtension() : nil, target: target)
    guard request.offersGRIP else { return }
    for channel in channels {
      // A name that cannot be written is no channel.
      guard let text = try? GRIPControlMessage.subscribe(channel: channel).encoded() else { continue }
      self.receiver?.originSent(SocketFrame(.text, ByteBuffer(string: text)))
    }
  }

  func send(_ frame: SocketFrame) {
    var frame = frame
    switch frame.kind {
    case .ping: frame.kind = .pong
    case .pong: return
    case .text, .binary:
      if request.offersGRIP, frame.isFirst {
        var payload = ByteBuffer(string: GRIPWebSocketExtension().messagePrefix)
        payload.writeImmutableBuffer(frame.payload)
        frame.payload = payload
      }
    }
    receiver?.originSent(frame)
  }

  func close(_ close: SocketClose) {
    let receiver = receiver
    self.receiver = nil
    receiver?.originClosed(close)
  }

  func clientLost() { receiver = nil }

  func detach() { receiver = nil }

  func refresh() {}

  func resumeReading() { receiver?.originWritable() }
}

@available(*, unavailable)
extension TestSocketOrigin: Sendable {}
