import Foundation
import TestKit

/// An authority of a test's own, made with openssl, and the certificates that it signs.
final class CertificateAuthority {
  /// A certificate and its key, PEM files.
  struct Pair {
    let certificate: String
    let key: String
  }

  /// The authority's own certificate.
  var roots: String { folder.file("ca.crt") }
  /// Where everything stands.
  var directory: String { folder.path }
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try Self.request(["-keyout", folder.file("ca.key"), "-out", folder.file("ca.crt"), "-subj", "/CN=authority"])
  }

  /// Signs a certificate for a name, this machine's included: `NAME.crt` and `NAME.key`.
  func certify(_ name: String) throws -> Pair {
    let pair = Pair(certificate: folder.file("\(name).crt"), key: folder.file("\(name).key"))
    try Self.request([
      "-CA", folder.file("ca.crt"), "-CAkey", folder.file("ca.key"), "-keyout", pair.key, "-out", pair.certificate,
      "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name),DNS:localhost,IP:127.0.0.1",
      "-addext", "basicConstraints=CA:FALSE",
    ])
    return pair
  }

  private static func request(_ options: [String]) throws {
    try Command.run(
      "openssl",
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"] + options)
  }
}

extension EdgeProcess {
  /// An edge that also speaks TLS, with a certificate for `localhost`.
  ///
  /// - Parameter authority: signs it, and is believed where an origin shows a certificate.
  convenience init(origin: Address, authority: CertificateAuthority, routes: String? = nil, handler: String = "") throws
  {
    _ = try authority.certify("localhost")
    let own = "[fanout]\ncertificates=\(authority.directory)\norigins.roots=\(authority.roots)"
    try self.init(
      origin: origin, routes: routes, runner: "https_ports=127.0.0.1:0", handler: handler + "\n" + own)
  }

  /// The port for TLS.
  func securePort() throws -> UInt16 {
    let port = process.log.firstValue(within: .seconds(30)) { line -> UInt16? in
      line.firstMatch(of: #/https://127.0.0.1:([0-9]+)/#).flatMap { UInt16($0.output.1) }
    }
    guard let port else { throw TestFailure("the edge told no address with TLS\n\(process.log.tail())") }
    return port
  }

  /// Waits until the metrics have this line.
  func wait(forMetric line: String) throws {
    let deadline = Date(timeIntervalSinceNow: 30)
    var text = ""
    while Date() < deadline {
      text = try HTTPConnection.exchange(control, HTTPRequest("GET", "/metrics")).text
      if text.contains(line + "\n") { return }
      usleep(20_000)
    }
    throw TestFailure("the metrics never said \(line)\n\(text)")
  }
}
