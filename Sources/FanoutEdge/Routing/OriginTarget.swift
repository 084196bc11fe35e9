/// An origin's address and how it is treated.
package struct OriginTarget: Sendable, Hashable, CustomStringConvertible {
  /// A name or an address; an IPv6 literal without its brackets. Empty for the test handler.
  package var host: String
  /// 1 to 65535; 0 for the test handler.
  package var port: Int
  /// Whether it is no origin at all but the built-in test handler (GRIP §26.1).
  package var isTest = false
  /// Whether the connection is by TLS.
  package var isSecure = false
  /// Whether the certificate is not verified.
  package var isUnverified = false
  /// Whether the certificate must be for `host`, not for the host that the request names.
  package var trustConnectHost = false
  /// A PEM file with the certificate that the edge shows, and its chain; `nil` shows none.
  package var clientCertificate: String?
  /// A PEM file with the key of that certificate; `nil`: it is in the same file.
  package var clientKey: String?
  /// Whether the address must not be a private one.
  package var isUntrusted: Bool
  /// Whether WebSocket clients are translated to WebSocket-over-HTTP.
  package var isOverHTTP: Bool
  /// Whether a WebSocket-over-HTTP request carries one event at most.
  package var isOneEvent = false
  /// Replaces the `Host` that this origin sees.
  package var hostReplacement: String?
  /// Channels that every request held for this origin listens to, full names.
  package var implicitChannels: [String] = []

  package init(
    host: String, port: Int, isUntrusted: Bool = false, isOverHTTP: Bool = false, hostReplacement: String? = nil
  ) {
    self.host = host
    self.port = port
    self.isUntrusted = isUntrusted
    self.isOverHTTP = isOverHTTP
    self.hostReplacement = hostReplacement
  }

  /// The built-in test handler.
  package static let test: OriginTarget = {
    var target = OriginTarget(host: "", port: 0)
    target.isTest = true
    return target
  }()

  /// `host:port`, or `test`.
  package var description: String {
    if isTest { return "test" }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
