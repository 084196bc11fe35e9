import TestKit

/// What a client or an origin of a scenario speaks through: TCP, or TLS over it.
protocol Wire: AnyObject {
  /// For `poll(2)`.
  var descriptor: Int32 { get }
  /// Sends all of it.
  func send(_ bytes: [UInt8]) throws
  /// What has come; empty where it was nothing for the reader, `nil` at the end. Waits for the first of it.
  func receiveSome(within duration: Duration) throws -> [UInt8]?
  /// Closes, with a reset if asked to.
  func close(reset: Bool)
}

extension TCPConnection: Wire {
  func send(_ bytes: [UInt8]) throws { try send(bytes, within: .seconds(20)) }

  func receiveSome(within duration: Duration) throws -> [UInt8]? {
    let bytes = try receive(within: duration)
    return bytes.isEmpty ? nil : bytes
  }
}

/// A wire on which frames go both ways, once a handshake is over.
final class ScriptedSocket {
  private let wire: any Wire
  private var buffer: [UInt8]
  private var reader: FrameReader
  private let isClient: Bool

  /// - Parameter buffer: what came behind the handshake already.
  init(_ wire: any Wire, buffer: [UInt8], isClient: Bool) {
    (self.wire, self.buffer, self.isClient) = (wire, buffer, isClient)
    reader = FrameReader(isFromClient: !isClient)
  }

  /// Sends frames with their payloads, in one piece.
  func send(_ frames: [(frame: Frame, payload: [UInt8])]) throws {
    try wire.send(frames.flatMap { $0.frame.encoded($0.payload, byClient: isClient) })
  }

  /// Sends bytes that are no frame.
  func send(_ bytes: [UInt8]) throws { try wire.send(bytes) }

  /// What comes next, in words.
  func next(_ deadline: Deadline) throws -> String {
    while true {
      if let words = reader.next(&buffer) { return words }
      guard let bytes = try wire.receiveSome(within: deadline.remaining) else {
        return buffer.isEmpty ? "(closed)" : "(closed within a frame)"
      }
      buffer += bytes
    }
  }

  func close(reset: Bool = false) { wire.close(reset: reset) }
}
