import NIOCore
import NIOPosix
import TestKit
import Testing
import XMPPTransport

@Suite("Looking names up", .timeLimit(.minutes(2)))
struct ResolverTests {
  static let service = DNSDouble.Record.srv(priority: 1, weight: 2, port: 5222, target: "xmpp.montague.example")
  let dns: DNSDouble

  init() throws {
    dns = try DNSDouble([
      "_xmpp-client._tcp.montague.example": [Self.service],
      "montague.example": [
        .a("192.0.2.1"), .aaaa("2001:db8::1"), .txt(["v=1.0 ", "server=channels.montague.example"]),
      ],
      "alias.example": [.cname("montague.example")],
      "circle.example": [.cname("elcric.example")],
      "elcric.example": [.cname("circle.example")],
    ])
  }

  private func resolver(_ servers: [Address], timeout: TimeAmount = .seconds(20)) async throws -> NameResolver {
    var names = NameServers(servers: try servers.map { try SocketAddress(ipAddress: $0.host, port: Int($0.port)) })
    names.timeout = timeout
    names.attempts = 1
    return try await NameResolver(on: MultiThreadedEventLoopGroup.singleton.next(), servers: names)
  }

  private func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

  @Test func `services, texts and addresses are found, and asked for once`() async throws {
    let resolver = try await resolver([dns.address])
    for _ in 0..<3 {
      let services = try await resolver.services(of: try name("_xmpp-client._tcp.montague.example")).get()
      #expect(
        services == [
          ServiceRecord(priority: 1, weight: 2, port: 5222, target: DomainName("xmpp.montague.example"))
        ])
      let texts = try await resolver.texts(of: try name("montague.example")).get()
      #expect(texts == ["v=1.0 server=channels.montague.example"])
      let address = try await resolver.records(of: try name("montague.example"), .a).get()
      #expect(address.map(\.content) == [.address([192, 0, 2, 1])])
    }
    #expect(dns.asked.count == 3)
  }

  @Test func `a name that does not exist is told from one that has no such record`() async throws {
    let resolver = try await resolver([dns.address])
    await #expect(throws: DNSFailure.noSuchName("_xmpp-client._tcp.capulet.example")) {
      try await resolver.services(of: try name("_xmpp-client._tcp.capulet.example")).get()
    }
    #expect(try await resolver.services(of: try name("montague.example")).get().isEmpty)
  }

  @Test func `aliases are followed, and not for ever`() async throws {
    let resolver = try await resolver([dns.address])
    let records = try await resolver.records(of: try name("alias.example"), .a).get()
    #expect(records.map(\.content) == [.address([192, 0, 2, 1])])
    await #expect(throws: DNSFailure.aliasesWithoutEnd("circle.example")) {
      try await resolver.records(of: try name("circle.example"), .a).get()
    }
  }

  @Test func `an answer that does not fit is fetched over TCP`() async throws {
    dns.set(.truncates)
    let resolver = try await resolver([dns.address])
    let records = try await resolver.services(of: try name("_xmpp-client._tcp.montague.example")).get()
    #expect(records.count == 1)
  }

  @Test func `a forged answer is as if it had not come`() async throws {
    dns.set(.forgesFirst)
    let resolver = try await resolver([dns.address])
    let records = try await resolver.records(of: try name("montague.example"), .a).get()
    #expect(records.map(\.content) == [.address([192, 0, 2, 1])])
  }

  @Test func `another server is asked when one fails, is silent or is not there`() async throws {
    let failing = try DNSDouble()
    failing.set(.refuses(code: 2))
    let absent = try Address.free()
    let resolver = try await resolver([failing.address, absent, dns.address])
    #expect(try await resolver.services(of: try name("_xmpp-client._tcp.montague.example")).get().count == 1)
    await #expect(throws: DNSFailure.refused("montague.example", code: 2)) {
      let resolver = try await self.resolver([failing.address])
      return try await resolver.texts(of: try name("montague.example")).get()
    }
    dns.set(.isSilent)
    await #expect(throws: DNSFailure.timeout("montague.example")) {
      let resolver = try await self.resolver([dns.address], timeout: .milliseconds(50))
      return try await resolver.texts(of: try name("montague.example")).get()
    }
  }

  @Test func `what is asked for by many at one time is asked once`() async throws {
    let resolver = try await resolver([dns.address])
    let name = try name("montague.example")
    let all = (0..<100).map { _ in resolver.records(of: name, .a) }
    for future in all { #expect(try await future.get().count == 1) }
    #expect(dns.asked.count == 1)
  }
}
