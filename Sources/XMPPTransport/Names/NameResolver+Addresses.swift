package import NIOCore

extension NameResolver {
  /// The addresses of a host, IPv6 and IPv4 in turn: an address is itself, then the hosts file is asked, then DNS.
  ///
  /// Fails with `DNSFailure` where there is none.
  package func addresses(of host: String, port: Int, hosts: HostsFile) -> EventLoopFuture<[SocketAddress]> {
    let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    if let literal = try? SocketAddress(ipAddress: bare, port: port) { return loop.makeSucceededFuture([literal]) }
    guard let name = DomainName(host) else { return loop.makeFailedFuture(DNSFailure.noSuchName(host)) }
    let known = hosts.addresses(of: name.description).compactMap { try? SocketAddress(ipAddress: $0, port: port) }
    if !known.isEmpty { return loop.makeSucceededFuture(known) }
    return EventLoopFuture.whenAllComplete([records(of: name, .aaaa), records(of: name, .a)], on: loop)
      .flatMapThrowing { results in
        let found = results.map { result in
          ((try? result.get()) ?? []).compactMap { Self.address($0, port: port) }
        }
        let mixed = (0..<max(found[0].count, found[1].count)).flatMap { index in
          found.compactMap { $0.indices.contains(index) ? $0[index] : nil }
        }
        if mixed.isEmpty {
          for case .failure(let error) in results { throw error }
          throw DNSFailure.noSuchName(host)
        }
        return mixed
      }
  }

  private static func address(_ record: DNSRecord, port: Int) -> SocketAddress? {
    guard case .address(let bytes) = record.content else { return nil }
    return try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: port)
  }
}
