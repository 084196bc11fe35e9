package import NIOCore

extension EdgeConfiguration {
  /// TLS towards clients.
  package struct TLS: Sendable, Hashable {
    /// The directory of `NAME.crt` and `NAME.key` files (GRIP §2.2). Needed where a listener is secure.
    package var certificateDirectory = ""
    /// From the first byte of a connection to the end of its handshake. Default 10 s.
    package var handshakeTimeout = TimeAmount.seconds(10)
    /// Handshakes that may be under way at once, over all loops; connections beyond it are closed. Default 1000.
    package var maxHandshakes = 1000

    package init() {}
  }
}
