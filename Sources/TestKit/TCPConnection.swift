import Foundation

/// A connection of a test: exact bytes out, exact bytes in, every wait with a deadline. Closed with the last reference.
///
/// For one thread at a time.
package final class TCPConnection {
  /// For `poll(2)`; negative when closed.
  package private(set) var descriptor: Int32

  /// Connects.
  package init(to address: Address, within duration: Duration = .seconds(10)) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw TestFailure("socket: \(String(cString: strerror(errno)))") }
    setNonBlocking(descriptor)
    let status = address.withSocketAddress { Glibc.connect(descriptor, $0, $1) }
    if status != 0 {
      guard errno == EINPROGRESS, wait(for: Int16(POLLOUT), Deadline(in: duration)), pendingError == 0 else {
        let reason = String(cString: strerror(errno == EINPROGRESS ? pendingError : errno))
        // Not twice: the deinitializer runs also for what fails here, and the number may be another's by then.
        close()
        throw TestFailure("cannot connect to \(address): \(reason)")
      }
    }
  }

  /// Takes over an accepted socket.
  package init(accepted descriptor: Int32) {
    self.descriptor = descriptor
    setNonBlocking(descriptor)
  }

  /// Makes the kernel keep little for this connection, so that a reader that stops reading is felt soon.
  package func setReceiveBuffer(bytes: Int32) {
    var size = bytes
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Sends all of it.
  package func send(_ text: String, within duration: Duration = .seconds(20)) throws {
    try send(Array(text.utf8), within: duration)
  }

  /// Sends all of it.
  package func send(_ bytes: [UInt8], within duration: Duration = .seconds(20)) throws {
    let deadline = Deadline(in: duration)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EAGAIN || !wait(for: Int16(POLLOUT), deadline) {
        throw TestFailure("cannot send, \(rest.count) bytes are left: \(String(cString: strerror(errno)))")
      }
    }
  }

  /// The next bytes, at least one; empty at the end of the stream, also when the peer reset it.
  package func receive(within duration: Duration = .seconds(20)) throws -> [UInt8] {
    let deadline = Deadline(in: duration)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count >= 0 { return Array(buffer[..<count]) }
      if errno == ECONNRESET { return [] }
      guard errno == EAGAIN || errno == EINTR, wait(for: Int16(POLLIN), deadline) else {
        throw TestFailure("nothing arrived within \(duration)")
      }
    }
  }

  /// Everything until the peer closes.
  package func receiveToEnd(within duration: Duration = .seconds(20)) throws -> [UInt8] {
    let deadline = Deadline(in: duration)
    var all: [UInt8] = []
    while true {
      let next = try receive(within: deadline.remaining)
      if next.isEmpty { return all }
      all += next
    }
  }

  /// Tells the peer that nothing more will be sent.
  package func finishSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  /// Closes. With `reset`, the peer sees a reset instead of an orderly end.
  package func close(reset: Bool = false) {
    guard descriptor >= 0 else { return }
    if reset {
      var option = linger(l_onoff: 1, l_linger: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
    Glibc.close(descriptor)
    descriptor = -1
  }

  deinit { close() }

  private func wait(for events: Int16, _ deadline: Deadline) -> Bool {
    var entry = pollfd(fd: descriptor, events: events, revents: 0)
    while true {
      let count = poll(&entry, 1, deadline.pollMilliseconds)
      if count > 0 { return true }
      if count == 0 || errno != EINTR { return false }
    }
  }

  private var pendingError: Int32 {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &length)
    return value
  }
}

/// Makes every call on the descriptor return at once.
func setNonBlocking(_ descriptor: Int32) {
  _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}
