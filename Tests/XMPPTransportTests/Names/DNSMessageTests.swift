import NIOCore
import Testing
import XMPPTransport

@Suite("RFC 1035 §4: DNS messages")
struct DNSMessageTests {
  /// A response with an SRV, a TXT, an alias and an address; names are compressed.
  static let response: [UInt8] =
    [0x12, 0x34, 0x84, 0x80, 0, 1, 0, 4, 0, 0, 0, 0] + [1, 0x61, 7] + Array("example".utf8) + [0, 0, 33, 0, 1]
    // a.example SRV 10 20 5222 b.example
    + [0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 10, 0, 10, 0, 20, 0x14, 0x66, 1, 0x62, 0xc0, 14]
    // a.example TXT "v=1.0 " "server=x"
    + [0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 16, 6] + Array("v=1.0 ".utf8) + [8] + Array("server=x".utf8)
    // a.example CNAME example
    + [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 14]
    // example A 192.0.2.1
    + [0xc0, 14, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]

  @Test func `a response is read, compressed names and all`() throws {
    let read = try #require(DNSMessage.response(Self.response))
    let a = try #require(DomainName("a.example"))
    #expect(read.id == 0x1234)
    #expect(!read.isTruncated)
    #expect(read.question?.name == a)
    #expect(
      read.answers.map(\.content) == [
        .service(ServiceRecord(priority: 10, weight: 20, port: 5222, target: DomainName("b.example"))),
        .text("v=1.0 server=x"), .alias(try #require(DomainName("example"))), .address([192, 0, 2, 1]),
      ])
  }

  @Test func `a response that ends too early is none, wherever it ends`() {
    for count in 0..<Self.response.count {
      #expect(DNSMessage.response(Array(Self.response[..<count])) == nil, "\(count) bytes")
    }
  }

  @Test func `no byte that is changed makes a reader fall`() {
    for index in Self.response.indices {
      for value in [UInt8(0), 0x3f, 0x7f, 0xc0, 0xff] {
        var bytes = Self.response
        bytes[index] = value
        _ = DNSMessage.response(bytes)
      }
    }
  }

  @Test func `a name that points at itself is malformed`() {
    let header: [UInt8] = [0, 1, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    #expect(DNSMessage.response(header + [0xc0, 12, 0, 1, 0, 1]) == nil)
    #expect(DNSMessage.response(header + [1, 0x61, 0xc0, 12, 0, 1, 0, 1]) == nil)
  }

  @Test func `a query asks for recursion and says how much it can take`() throws {
    let query = DNSMessage.query(id: 0x0102, name: try #require(DomainName("a.example")), type: .srv)
    #expect(
      query == [1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0x61, 7] + Array("example".utf8)
        + [0, 0, 33, 0, 1, 0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0])
  }

  @Test func `services are tried by priority, and in one priority by weight`() {
    var random = SeededGenerator(seed: 7)
    func record(_ priority: UInt16, _ weight: UInt16, _ port: UInt16) -> ServiceRecord {
      ServiceRecord(priority: priority, weight: weight, port: port, target: nil)
    }
    let records = [record(20, 0, 4), record(10, 0, 3), record(10, 30, 1), record(10, 10, 2), record(5, 0, 0)]
    var firsts: [UInt16: Int] = [:]
    for _ in 0..<4000 {
      let ports = ServiceRecord.ordered(records, record: { $0 }, using: &random).map(\.port)
      #expect(ports.first == 0 && ports.last == 4 && Set(ports) == [0, 1, 2, 3, 4])
      firsts[ports[1], default: 0] += 1
    }
    // 30, 10 and 0 of 40; the zero is chosen once in 41 (RFC 2782 asks for "a very small chance").
    #expect((2700...3200).contains(firsts[1] ?? 0), "\(firsts)")
    #expect((750...1200).contains(firsts[2] ?? 0), "\(firsts)")
    #expect((20...250).contains(firsts[3] ?? 0), "\(firsts)")
  }

  @Test func `resolv.conf names the servers and the patience`() {
    let read = NameServers(
      resolvConf: """
        # made by hand
        search a.example
        nameserver 192.0.2.1
        nameserver\t2001:db8::1
        nameserver nonsense
        nameserver 192.0.2.3
        nameserver 192.0.2.4
        options ndots:2 timeout:3 attempts:9
        """)
    #expect(read.servers.map(\.ipAddress) == ["192.0.2.1", "2001:db8::1", "192.0.2.3"])
    #expect(read.timeout == .seconds(3))
    #expect(read.attempts == 5)
    #expect(NameServers(resolvConf: "").servers.map(\.ipAddress) == ["127.0.0.1"])
  }

  @Test func `a hosts file gives names their addresses, and localhost is always here`() {
    let hosts = HostsFile("# none\n192.0.2.7 Romeo.example romeo # him\n::1 romeo\n")
    #expect(hosts.addresses(of: "romeo") == ["192.0.2.7", "::1"])
    #expect(hosts.addresses(of: "romeo.example") == ["192.0.2.7"])
    #expect(hosts.addresses(of: "a.localhost") == ["127.0.0.1", "::1"])
    #expect(hosts.addresses(of: "juliet").isEmpty)
  }
}
