import Foundation
import TestKit

/// Stands between a client and a PostgreSQL server, and cuts one connection at its next `COMMIT`.
///
/// `@unchecked Sendable`: everything mutable is touched under `lock` only.
final class CommitCutter: @unchecked Sendable {
  /// When it cuts.
  enum Moment: CaseIterable {
    /// The server never hears of it.
    case beforeTheCommit
    /// The server commits, and its answer is lost.
    case afterTheCommit
  }

  let address: Address
  private let listener: Listener
  private let moment: Moment
  private let lock = NSLock()
  private var isArmed = false

  init(to server: PostgreSQLServer, at moment: Moment) throws {
    listener = try Listener()
    address = listener.address
    self.moment = moment
    let (listener, path) = (listener, server.socketFolder + "/.s.PGSQL.5432")
    Thread.detachNewThread { [weak self] in
      while let client = listener.accept() {
        guard let self, let upstream = Self.connect(path) else {
          close(client)
          return
        }
        Thread.detachNewThread { self.relay(client, upstream) }
      }
    }
  }

  deinit { listener.close() }

  /// From now on the next commit is cut.
  func arm() { lock.withLock { isArmed = true } }

  private func takesTheCut(_ bytes: ArraySlice<UInt8>) -> Bool {
    // The simple form of the protocol carries the words as they are.
    guard String(decoding: bytes, as: UTF8.self).contains("COMMIT\0") else { return false }
    return lock.withLock {
      defer { isArmed = false }
      return isArmed
    }
  }

  private func relay(_ client: Int32, _ upstream: Int32) {
    defer {
      close(client)
      close(upstream)
    }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      var ends = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: upstream, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&ends, 2, -1) > 0 else { return }
      for (end, (from, to)) in zip(ends, [(client, upstream), (upstream, client)]) where end.revents != 0 {
        let count = read(from, &buffer, buffer.count)
        guard count > 0 else { return }
        if from == client, takesTheCut(buffer[..<count]) {
          if moment == .afterTheCommit {
            _ = send(upstream, buffer, count, Int32(MSG_NOSIGNAL))
            // Its answer says that the server has heard; nobody else hears it.
            _ = read(upstream, &buffer, buffer.count)
          }
          return
        }
        guard send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else { return }
      }
    }
  }

  private static func connect(_ path: String) -> Int32? {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { memory in
      memory.copyBytes(from: path.utf8.prefix(memory.count - 1))
    }
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    if isConnected { return descriptor }
    close(descriptor)
    return nil
  }
}
