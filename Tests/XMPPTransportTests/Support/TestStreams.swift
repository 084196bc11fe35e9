import Logging
import NIOCore
import NIOPosix
import ServerKit
import TestKit
import XMPP
import XMPPTransport

extension StreamTransport {
  /// A transport on the loops of the test process.
  static func forTests(
    trust: CertificateAuthority? = nil, dns: DNSDouble? = nil, hosts: [String] = [], maxConnecting: Int = 64
  ) async throws -> StreamTransport {
    let servers = try dns.map { try SocketAddress(ipAddress: $0.address.host, port: Int($0.address.port)) }
    var names = NameServers(servers: servers.map { [$0] } ?? [])
    names.attempts = 1
    return try await StreamTransport(
      group: MultiThreadedEventLoopGroup.singleton, nameServers: names,
      hosts: HostsFile(hosts.map { "127.0.0.1 \($0)\n" }.joined()), tls: try StreamTLS(trustRoots: trust?.rootFile),
      maxConnecting: maxConnecting, logger: Logger(label: "test"))
  }
}

extension StreamSettings {
  /// Waits that suit a test: the server is back at once.
  static var impatient: StreamSettings {
    var settings = StreamSettings()
    settings.backoff.first = .milliseconds(20)
    settings.backoff.longest = .milliseconds(200)
    return settings
  }
}

extension ClientConfiguration {
  /// An account at a place, with the waits of a test.
  init(_ address: String, password: String, at place: Address, isDirectTLS: Bool = false) throws {
    self.init(address: try JID(address), login: .password(Secret(password)))
    self.place = ServerPlace(host: place.host, port: Int(place.port), isDirectTLS: isDirectTLS)
    settings = .impatient
  }
}

extension ComponentConfiguration {
  /// A component at a place, with the waits of a test.
  init(_ domain: String, secret: String, at place: Address) throws {
    self.init(host: place.host, port: Int(place.port), domain: try JID(domain), secret: Secret(secret))
    settings.backoff = StreamSettings.impatient.backoff
  }
}

extension Stanza {
  /// A chat message.
  static func message(to: String, from: String? = nil, _ text: String, id: String? = nil) throws -> Stanza {
    Stanza(
      .message, type: "chat", id: id, to: try JID(to), from: try from.map { try JID($0) },
      payload: [XMLElement("body", namespace: XMPPNamespace.client, text: text)])
  }

  /// A query for what an entity is.
  static func discoInfo(to: String, from: String? = nil) throws -> Stanza {
    Stanza(
      .iq, type: "get", to: try JID(to), from: try from.map { try JID($0) },
      payload: [XMLElement("query", namespace: "http://jabber.org/protocol/disco#info")])
  }
}
