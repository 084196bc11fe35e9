import NIOCore

/// Where the edge listens for clients, and how it speaks there.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// An address or a name. Default `127.0.0.1`. Of no meaning for a Unix socket.
  package var host: String
  /// 0 picks a free one. Of no meaning for a Unix socket.
  package var port: Int
  /// A socket in the file system instead of host and port.
  package var local: LocalSocket?
  /// Whether connections begin with TLS. Default no.
  package var isSecure = false
  /// Whether connections begin with a PROXY protocol header, version 1 or 2, which every one of them must have then.
  /// Default no: whoever may connect could give any address.
  package var expectsProxyHeader = false
  /// Whether HTTP/2 is spoken: by ALPN on TLS (default yes), with prior knowledge without TLS (default no).
  package var allowsHTTP2: Bool {
    get { http2 ?? isSecure }
    set { http2 = newValue }
  }
  private var http2: Bool?

  /// A TCP address.
  package init(host: String = "127.0.0.1", port: Int) {
    self.host = host
    self.port = port
  }

  /// A Unix socket.
  package init(local: LocalSocket) {
    host = ""
    port = 0
    self.local = local
  }

  /// `host:port`, `[v6]:port` or `unix:path`.
  package var description: String {
    if let local { return "unix:\(local.path)" }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// The URL of what was bound for it.
  func url(bound: SocketAddress) -> String {
    if let local { return "unix:\(local.path)" }
    let host = bound.ipAddress ?? "localhost"
    return "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(bound.port ?? 0)"
  }
}

/// A Unix socket and who may use it.
package struct LocalSocket: Sendable, Hashable {
  /// At most 107 bytes.
  package var path: String
  /// Permission bits; `nil` leaves them to the process's umask.
  package var mode: UInt32?
  /// The owner's name; `nil` leaves it.
  package var user: String?
  /// The group's name; `nil` leaves it.
  package var group: String?

  package init(path: String, mode: UInt32? = nil, user: String? = nil, group: String? = nil) {
    self.path = path
    self.mode = mode
    self.user = user
    self.group = group
  }
}
