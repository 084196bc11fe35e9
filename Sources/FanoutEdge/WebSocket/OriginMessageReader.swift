import GRIP
import NIOCore

/// Tells what an origin says to the client from what it says to the proxy (GRIP proxy §16.2). Pure.
///
/// The beginning of a message decides; where its first fragment is shorter than a prefix the next ones are waited for. A
/// control message may come in fragments (deviates: Pushpin ignores such ones, and longer ones than 16,384 bytes).
struct OriginMessageReader {
  /// What a frame is.
  enum Output: Equatable {
    /// For the client.
    case forward(SocketFrame)
    /// The JSON text of a control message.
    case control([UInt8])
  }

  private enum Message {
    /// The beginning is too short to tell.
    case undecided(SocketFrame)
    case forwarded
    case control(ByteBuffer)
    case dropped
  }

  private let grip: GRIPWebSocketExtension
  private let limit: Int
  private var message: Message?
  /// Messages that were for nobody.
  private(set) var droppedCount = 0

  /// - Parameter limit: bytes of a control message with its prefix.
  init(_ grip: GRIPWebSocketExtension, limit: Int) {
    self.grip = grip
    self.limit = limit
  }

  /// Reads a frame; pings and pongs pass as they are.
  mutating func read(_ frame: SocketFrame) -> Output? {
    guard frame.kind == .text || frame.kind == .binary else { return .forward(frame) }
    if frame.isFirst { message = nil }
    defer { if frame.isLast { message = nil } }
    switch message {
    case nil: return begin(frame)
    case .undecided(var beginning)?:
      message = nil
      beginning.payload.writeImmutableBuffer(frame.payload)
      beginning.isLast = frame.isLast
      return begin(beginning)
    case .forwarded?: return .forward(frame)
    case .control(var text)?:
      message = nil
      text.writeImmutableBuffer(frame.payload)
      return control(text, isLast: frame.isLast)
    case .dropped?: return nil
    }
  }

  private mutating func begin(_ frame: SocketFrame) -> Output? {
    let bytes = frame.payload.readableBytesView
    let longest = max(GRIPWebSocketExtension.controlPrefix.utf8.count, grip.messagePrefix.utf8.count)
    if bytes.count < longest, !frame.isLast {
      message = .undecided(frame)
      return nil
    }
    if frame.kind == .text, bytes.starts(with: GRIPWebSocketExtension.controlPrefix.utf8) {
      return control(frame.payload, isLast: frame.isLast)
    }
    guard bytes.starts(with: grip.messagePrefix.utf8) else {
      message = .dropped
      droppedCount += 1
      return nil
    }
    message = .forwarded
    var rest = frame
    rest.isFirst = true
    rest.payload.moveReaderIndex(forwardBy: grip.messagePrefix.utf8.count)
    return .forward(rest)
  }

  private mutating func control(_ text: ByteBuffer, isLast: Bool) -> Output? {
    guard text.readableBytes <= limit else {
      message = .dropped
      droppedCount += 1
      return nil
    }
    guard isLast else {
      message = .control(text)
      return nil
    }
    return .control(Array(text.readableBytesView.dropFirst(GRIPWebSocketExtension.controlPrefix.utf8.count)))
  }
}
