import NIOCore
import NIOSSL
import XMPP

/// What TLS to servers believes. One value serves all streams of a process.
///
/// A server's certificate must be for the domain that the stream is for, not for the host that DNS names (RFC 6120
/// §13.7.2.1), and name it as a DNS name; a common name alone says nothing (RFC 9525 §2).
package struct StreamTLS: Sendable {
  let starting: NIOSSLContext
  let direct: NIOSSLContext
  let unverified: NIOSSLContext

  /// - Parameter trustRoots: a PEM file with the roots to believe; `nil` takes the system's.
  ///
  /// Throws what is wrong with the file.
  package init(trustRoots: String? = nil) throws {
    func context(verified: Bool, protocols: [String]) throws -> NIOSSLContext {
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.minimumTLSVersion = .tlsv12
      configuration.applicationProtocols = protocols
      configuration.trustRoots = trustRoots.map(NIOSSLTrustRoots.file) ?? .default
      configuration.certificateVerification = verified ? .fullVerification : .none
      configuration.shutdownTimeout = .seconds(1)
      return try NIOSSLContext(configuration: configuration)
    }
    starting = try context(verified: true, protocols: [])
    // XEP-0368 §4.
    direct = try context(verified: true, protocols: ["xmpp-client"])
    unverified = try context(verified: false, protocols: [])
  }

  /// A handler for a connection to a domain's server.
  func handler(domain: String, isDirect: Bool, isVerified: Bool) throws -> NIOSSLClientHandler {
    let context = !isVerified ? unverified : isDirect ? direct : starting
    // An address is compared with that of the connection.
    let isAddress = (try? SocketAddress(ipAddress: domain, port: 0)) != nil
    return try NIOSSLClientHandler(
      context: context, serverHostname: isAddress ? nil : DomainName(domain)?.description ?? domain)
  }

  /// What a login over a connection with this certificate can be bound to.
  ///
  /// NIOSSL gives no keying material, so there is no `tls-exporter` (RFC 9266); `tls-unique` does not exist in TLS 1.3.
  static func bindings(_ certificate: NIOSSLCertificate?) -> [ChannelBinding] {
    guard let bytes = try? certificate?.toDERBytes(), let hash = CertificateHash.endPoint(certificate: bytes) else {
      return []
    }
    return [ChannelBinding(type: "tls-server-end-point", data: hash)]
  }

  /// Whether the certificate names anybody in the way that counts.
  static func hasNames(_ certificate: NIOSSLCertificate?) -> Bool {
    certificate.map { !$0._subjectAlternativeNames().isEmpty } ?? false
  }

  /// An error of the handshake in words.
  static func reason(_ error: any Error) -> String {
    if error as? NIOSSLError == .uncleanShutdown { return "the connection was cut" }
    if let error = error as? NIOSSLExtraError { return error.description }
    let text = String(describing: error)
    if text.contains("CERTIFICATE_VERIFY_FAILED") { return "the server's certificate is not to be believed" }
    return String(text.prefix(300))
  }
}
