import Foundation

/// A port of the loopback interface.
package struct Address: Sendable, Hashable, CustomStringConvertible {
  /// Always an IPv4 loopback address in dotted form.
  package var host: String
  /// 1 to 65535.
  package var port: UInt16

  /// An address.
  package init(host: String = "127.0.0.1", port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Reads `http://HOST:PORT/…`.
  package init?(url: some StringProtocol) {
    guard let parsed = URL(string: String(url)), let host = parsed.host(), let port = parsed.port,
      let number = UInt16(exactly: port)
    else { return nil }
    self.init(host: host, port: number)
  }

  /// `HOST:PORT`, as in a `Host` field.
  package var description: String { "\(host):\(port)" }

  /// A port that nobody listens on, below those that the kernel gives to outgoing connections, so that hardly anything can
  /// take it before it is used. Servers that can pick one themselves should.
  package static func free() throws -> Address {
    for _ in 0..<100 {
      if let listener = try? Listener(port: UInt16.random(in: 12_000..<32_000)) { return listener.address }
    }
    throw TestFailure("a hundred ports were tried, and none was free")
  }

  /// Calls with the address in the kernel's form.
  func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, host, &address.sin_addr)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}

/// A listening socket on a loopback port; closed with the last reference.
package final class Listener: Sendable {
  /// For `poll(2)`.
  package let descriptor: Int32
  /// Where it listens.
  package let address: Address

  /// Listens on a port, or on a free one for 0.
  package init(port: UInt16 = 0) throws {
    let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    descriptor = listening
    var bound = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    var isReusable: Int32 = 1
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &isReusable, socklen_t(MemoryLayout<Int32>.size))
    let isListening =
      listening >= 0
      && Address(port: port).withSocketAddress { bind(listening, $0, $1) } == 0
      && listen(listening, 1024) == 0
      && withUnsafeMutablePointer(to: &bound) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listening, $0, &length) }
      } == 0
    guard isListening else {
      let reason = String(cString: strerror(errno))
      Glibc.close(listening)
      throw TestFailure("cannot listen: \(reason)")
    }
    address = Address(port: UInt16(bigEndian: bound.sin_port))
  }

  /// Waits for a connection; `nil` when the listener was shut down.
  package func accept() -> Int32? {
    while true {
      let connection = Glibc.accept(descriptor, nil, nil)
      if connection >= 0 {
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        return connection
      }
      if errno != EINTR && errno != ECONNABORTED { return nil }
    }
  }

  /// Ends a waiting `accept` and frees the port. The descriptor itself stays until the last reference goes, so that no
  /// other file can take its number while a thread still waits on it.
  package func close() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

  deinit { Glibc.close(descriptor) }
}
