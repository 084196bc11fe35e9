import Foundation

/// Passes bytes between clients and a server until it is told to cut all connections, without a word.
///
/// `@unchecked Sendable`: everything mutable is touched under `condition` only.
package final class CuttingProxy: @unchecked Sendable {
  /// Where clients connect.
  package let address: Address
  private let listener: Listener
  private let condition = NSCondition()
  private var sockets: [Int32] = []
  private var isHolding = false
  private var hasHeld = false

  /// Listens on a free port.
  package init(to target: Address) throws {
    listener = try Listener(port: Address.free().port)
    address = listener.address
    Thread.detachNewThread { [weak self, listener] in
      while let client = listener.accept() {
        guard let self, let server = try? Self.connect(to: target) else {
          Glibc.close(client)
          continue
        }
        self.condition.withLock { self.sockets += [client, server] }
        self.pass(from: client, to: server, isFromServer: false)
        self.pass(from: server, to: client, isFromServer: true)
      }
    }
  }

  /// Whether what the server sends stays here.
  package var isHoldingAnswers: Bool {
    get { condition.withLock { isHolding } }
    set {
      condition.withLock {
        isHolding = newValue
        condition.broadcast()
      }
    }
  }

  /// Waits until something of the server has been kept, on a thread of its own.
  package func heldAnswer() async {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { [self] in
        condition.lock()
        while !hasHeld { condition.wait() }
        condition.unlock()
        continuation.resume()
      }
    }
  }

  /// Ends all connections.
  package func cut() {
    condition.withLock {
      for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
      sockets = []
      condition.broadcast()
    }
  }

  deinit { listener.close() }

  private func pass(from source: Int32, to target: Int32, isFromServer: Bool) {
    Thread.detachNewThread { [self] in
      var buffer = [UInt8](repeating: 0, count: 16_384)
      while true {
        let count = recv(source, &buffer, buffer.count, 0)
        guard count > 0 else { break }
        if isFromServer, keep() { continue }
        var sent = 0
        while sent < count {
          let written = buffer[sent..<count].withUnsafeBytes {
            send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
          }
          guard written > 0 else { break }
          sent += written
        }
      }
      shutdown(target, Int32(SHUT_RDWR))
    }
  }

  /// What is kept is lost: the connection it came by will be cut.
  private func keep() -> Bool {
    condition.withLock {
      if isHolding {
        hasHeld = true
        condition.broadcast()
      }
      return isHolding
    }
  }

  private static func connect(to target: Address) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let status = target.withSocketAddress { Glibc.connect(descriptor, $0, $1) }
    guard status == 0 else {
      Glibc.close(descriptor)
      throw TestFailure("cannot connect to \(target)")
    }
    return descriptor
  }
}
