import GRIP
import Logging
import NIOCore

// What an origin says to the proxy (GRIP proxy §16.3).
extension SocketSession {
  /// Does what a control message says. One that cannot be read is ignored, but for too many filters, which ends the
  /// WebSocket.
  func controlReceived(_ json: [UInt8]) {
    // The client's side is closing: there is nothing to change any more.
    guard phase == .open, let slot else { return }
    let message: GRIPControlMessage
    do throws(GRIPControlMessageError) {
      message = try GRIPControlMessage.decode(json, limits: settings.limits)
    } catch {
      logger.debug(
        "a control message is ignored", metadata: ["conn.id": "\(settings.connectionID)", "error": "\(error)"])
      if case .tooManyFilters = error { end(SocketClose(code: 1011, reason: "too many filters")) }
      return
    }
    switch message {
    case .subscribe(let channel, let filters, let previousID, let positionPrefix):
      table.subscribe(
        slot, to: GRIPChannel(channel, previousID: previousID, filters: filters), positionPrefix: positionPrefix)
    case .unsubscribe(let channel): table.unsubscribe(slot, from: channel)
    case .detach: detach()
    case .session:
      // Sessions remember the positions of clients that cannot; ours tell theirs (`ids`).
      logger.debug("a session is not bound", metadata: ["conn.id": "\(settings.connectionID)"])
    case .setMeta(let name, let value): table.setMeta(slot, name: name, value: value)
    case .keepAlive(let keepAlive):
      table.setKeepAlive(
        slot,
        keepAlive.map {
          SocketHold.KeepAlive(
            bytes: SocketFrameEncoder.message($0.content), timeout: TimeAmount($0.timeout), isIdle: $0.mode == .idle)
        })
    case .sendDelayed(let content, let timeout):
      table.sendDelayed(slot, SocketFrameEncoder.message(content), after: TimeAmount(timeout))
    case .flushDelayed: table.flushDelayed(slot)
    }
  }
}

extension SocketFrameEncoder {
  /// The frame of a message that the proxy writes by itself.
  static func message(_ content: GRIPControlMessage.Content) -> ByteBuffer {
    let kind: SocketFrame.Kind =
      switch content {
      case .text: .text
      case .binary: .binary
      case .ping: .ping
      case .pong: .pong
      }
    return message(kind, ByteBuffer(bytes: content.bytes))
  }
}
