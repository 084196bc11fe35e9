import Foundation

/// A DNS server of a test: answers over UDP and TCP on one loopback port with the records that it was given.
///
/// `@unchecked Sendable`: everything mutable is touched under `lock` only.
package final class DNSDouble: @unchecked Sendable {
  /// What it answers with.
  package enum Record: Sendable {
    /// An IPv4 address in dotted form.
    case a(String)
    /// An IPv6 address.
    case aaaa(String)
    /// An alias.
    case cname(String)
    /// Where a service is.
    case srv(priority: UInt16, weight: UInt16, port: UInt16, target: String)
    /// Texts of at most 255 bytes each.
    case txt([String])
  }

  /// How it treats a query over UDP.
  package enum Manner: Sendable {
    /// As it should be.
    case answers
    /// Not at all.
    case isSilent
    /// Says that the answer does not fit, so that it is asked over TCP.
    case truncates
    /// Answers with this response code: 2 is a failure of the server.
    case refuses(code: UInt8)
    /// Answers with another question's number first, as one who wants to poison a cache would.
    case forgesFirst
  }

  /// Where it listens, UDP and TCP.
  package let address: Address
  private let lock = NSLock()
  private let listener: Listener
  private let udp: Int32
  private var records: [String: [Record]] = [:]
  private var manner = Manner.answers
  private var askedNames: [String] = []
  private var ttl: UInt32 = 60

  /// Starts it without records: every name is unknown.
  package init(_ records: [String: [Record]] = [:]) throws {
    var opened: (Listener, Int32)?
    for _ in 0..<50 where opened == nil {
      let listener = try Listener(port: Address.free().port)
      let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      if listener.address.withSocketAddress({ bind(descriptor, $0, $1) }) == 0 {
        opened = (listener, descriptor)
      } else {
        Glibc.close(descriptor)
      }
    }
    guard let opened else { throw TestFailure("no port is free for UDP and TCP") }
    (listener, udp) = opened
    address = listener.address
    self.records = records
    Thread.detachNewThread { [weak self, udp] in
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        var peer = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let count = withUnsafeMutablePointer(to: &peer) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { recvfrom(udp, &buffer, buffer.count, 0, $0, &length) }
        }
        guard count > 0, let self else { break }
        for answer in self.answers(to: Array(buffer[..<count]), overTCP: false) {
          _ = withUnsafePointer(to: &peer) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { sendto(udp, answer, answer.count, 0, $0, length) }
          }
        }
      }
      Glibc.close(udp)
    }
    Thread.detachNewThread { [weak self, listener] in
      while let descriptor = listener.accept() {
        let connection = TCPConnection(accepted: descriptor)
        guard let self, let query = try? Self.query(from: connection) else { continue }
        for answer in self.answers(to: query, overTCP: true) {
          try? connection.send([UInt8(answer.count >> 8), UInt8(answer.count & 255)] + answer)
        }
      }
    }
  }

  /// Replaces the records of a name.
  package func set(_ name: String, _ records: [Record]) {
    lock.withLock { self.records[name.lowercased()] = records }
  }

  /// How queries over UDP are treated from now on.
  package func set(_ manner: Manner) { lock.withLock { self.manner = manner } }

  /// The names that were asked for, in order, each as often as it was.
  package var asked: [String] { lock.withLock { askedNames } }

  deinit {
    listener.close()
    // Wakes the thread that waits for a datagram, and closes the socket.
    _ = shutdown(udp, Int32(SHUT_RDWR))
  }

  private static func query(from connection: TCPConnection) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < 2 || bytes.count < 2 + (Int(bytes[0]) << 8 | Int(bytes[1])) {
      let next = try connection.receive()
      if next.isEmpty { throw TestFailure("the connection ended in a query") }
      bytes += next
    }
    return Array(bytes.dropFirst(2))
  }

  private func answers(to query: [UInt8], overTCP: Bool) -> [[UInt8]] {
    guard query.count > 12 else { return [] }
    var labels: [String] = []
    var at = 12
    while at < query.count, query[at] > 0, at + 1 + Int(query[at]) <= query.count {
      labels.append(String(decoding: query[(at + 1)...(at + Int(query[at]))], as: UTF8.self))
      at += 1 + Int(query[at])
    }
    guard at + 5 <= query.count else { return [] }
    let name = labels.joined(separator: ".").lowercased()
    let type = UInt16(query[at + 1]) << 8 | UInt16(query[at + 2])
    let question = Array(query[12..<(at + 5)])
    let (found, manner, ttl) = lock.withLock {
      askedNames.append(name)
      return (records[name], overTCP ? .answers : self.manner, self.ttl)
    }
    func message(flags: UInt8, code: UInt8, _ records: [Record], id: [UInt8] = Array(query[..<2])) -> [UInt8] {
      let header = id + [0x84 | flags, 0x80 | code, 0, 1, 0, UInt8(records.count), 0, 0, 0, 0]
      return header + question + records.flatMap { Self.encode($0, ttl: ttl) }
    }
    let matching = (found ?? []).filter { Self.type(of: $0) == type || Self.type(of: $0) == 5 }
    let proper = message(flags: 0, code: found == nil ? 3 : 0, matching)
    switch manner {
    case .answers: return [proper]
    case .isSilent: return []
    case .truncates: return [message(flags: 2, code: 0, [])]
    case .refuses(let code): return [message(flags: 0, code: code, [])]
    case .forgesFirst:
      return [message(flags: 0, code: 0, [.a("192.0.2.66")], id: [query[0] ^ 0xff, query[1]]), proper]
    }
  }

  private static func type(of record: Record) -> UInt16 {
    switch record {
    case .a: 1
    case .cname: 5
    case .txt: 16
    case .aaaa: 28
    case .srv: 33
    }
  }

  private static func encode(_ record: Record, ttl: UInt32) -> [UInt8] {
    func two(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
    func name(_ text: String) -> [UInt8] {
      text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }
    let data: [UInt8]
    switch record {
    case .a(let text): data = text.split(separator: ".").map { UInt8($0) ?? 0 }
    case .aaaa(let text):
      var parsed = in6_addr()
      inet_pton(AF_INET6, text, &parsed)
      data = withUnsafeBytes(of: &parsed) { Array($0) }
    case .cname(let target): data = name(target)
    case .srv(let priority, let weight, let port, let target):
      data = two(priority) + two(weight) + two(port) + name(target)
    case .txt(let texts): data = texts.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    }
    return [0xc0, 12] + two(type(of: record)) + two(1) + two(UInt16(ttl >> 16)) + two(UInt16(ttl & 0xffff))
      + two(UInt16(data.count)) + data
  }
}
