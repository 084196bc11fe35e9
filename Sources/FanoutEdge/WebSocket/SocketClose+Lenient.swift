import GRIP

extension SocketClose {
  /// With a code that may stand on the wire: others (Q-23: libraries write 0) count as none, or as 1000 where a reason
  /// follows. The reason is cut to 123 bytes at a character.
  init(lenient code: Int?, reason: String) {
    var reason = String(reason.prefix(123))
    while reason.utf8.count > 123 { reason.removeLast() }
    if let code, GRIPWebSocketEvent.isSendable(closeCode: code) {
      self.init(code: UInt16(code), reason: reason)
    } else {
      self.init(code: reason.isEmpty ? nil : 1000, reason: reason)
    }
  }
}
