// Implements: XEP-0368 1.1.0 · SRV records for XMPP over TLS · complete, on the client's side

import NIOCore
import XMPP

/// Where a server may be reached.
struct ServerEndpoint: Sendable {
  /// The address and port.
  var address: SocketAddress
  /// Whether TLS begins with the first byte (XEP-0368).
  var isDirectTLS: Bool
}

/// Finds the servers of a domain's clients.
///
/// **Spec**: RFC 6120 §3.2, XEP-0368 §3 (records of both services are one set).
struct ServerLocator: Sendable {
  /// How many hosts of a domain are looked at; the first by RFC 2782.
  static let maxHosts = 10

  let resolver: NameResolver
  let hosts: HostsFile

  /// The endpoints of a place that is known.
  func endpoints(of place: ServerPlace) -> EventLoopFuture<[ServerEndpoint]> {
    resolver.addresses(of: place.host, port: place.port, hosts: hosts).map { addresses in
      addresses.map { ServerEndpoint(address: $0, isDirectTLS: place.isDirectTLS) }
    }
  }

  /// The endpoints of a domain, in the order in which they are to be tried. Fails with `DNSFailure` or `TransportError`.
  func endpoints(of domain: String) -> EventLoopFuture<[ServerEndpoint]> {
    let fallback = ServerPlace(host: domain, port: 5222, isDirectTLS: false)
    guard (try? SocketAddress(ipAddress: domain, port: 0)) == nil, let name = DomainName(domain),
      let direct = name.service("_xmpps-client._tcp"), let starting = name.service("_xmpp-client._tcp")
    else { return endpoints(of: fallback) }
    let questions = [resolver.services(of: direct), resolver.services(of: starting)]
    return EventLoopFuture.whenAllComplete(questions, on: resolver.loop).flatMap { results in
      var places: [(record: ServiceRecord, isDirectTLS: Bool)] = []
      for (result, isDirect) in zip(results, [true, false]) {
        for record in (try? result.get()) ?? [] { places.append((record, isDirect)) }
      }
      // Without an answer as well: RFC 6120 §3.2.1 step 8.
      if places.isEmpty { return endpoints(of: fallback) }
      let offered = places.filter { $0.record.target != nil }
      if offered.isEmpty { return resolver.loop.makeFailedFuture(TransportError.notOffered(domain)) }
      var random = SystemRandomNumberGenerator()
      let ordered = ServiceRecord.ordered(offered, record: { $0.record }, using: &random).prefix(Self.maxHosts)
      let all = ordered.map { entry in
        endpoints(
          of: ServerPlace(
            host: entry.record.target?.description ?? domain, port: Int(entry.record.port),
            isDirectTLS: entry.isDirectTLS))
      }
      return EventLoopFuture.whenAllComplete(all, on: resolver.loop).flatMapThrowing { results in
        let endpoints = results.flatMap { (try? $0.get()) ?? [] }
        if endpoints.isEmpty { for case .failure(let error) in results { throw error } }
        return endpoints
      }
    }
  }
}

/// A host and port that are known without DNS records of a service.
package struct ServerPlace: Sendable, Hashable {
  /// A name or an address.
  package var host: String
  /// 1 to 65535.
  package var port: Int
  /// Whether TLS begins with the first byte (XEP-0368).
  package var isDirectTLS: Bool

  /// A place.
  package init(host: String, port: Int, isDirectTLS: Bool = false) {
    self.host = host
    self.port = port
    self.isDirectTLS = isDirectTLS
  }
}
