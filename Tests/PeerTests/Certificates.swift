import Foundation
import NIOSSL
import TestKit

/// Certificates of one run, each its own root: `default` for whoever names nobody, one for a name and one with a wildcard.
final class Certificates: Sendable {
  /// Files `NAME.crt` and `NAME.key`.
  let folder: TemporaryFolder

  private static let made = Result { try Certificates() }

  /// The ones of this run.
  static var shared: Certificates { get throws { try made.get() } }

  private init() throws {
    folder = try TemporaryFolder()
    try add("default", for: "localhost")
    try add("named.test", for: "named.test")
    try add("_.wild.test", for: "*.wild.test")
  }

  /// Makes the default one that of a port.
  func serve(_ port: UInt16) throws {
    for end in ["crt", "key"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.file("default_\(port).\(end)"), withDestinationPath: folder.file("default.\(end)"))
    }
  }

  private func add(_ file: String, for name: String) throws {
    try Command.run(
      "openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name),IP:127.0.0.1",
        "-keyout", folder.file("\(file).key"), "-out", folder.file("\(file).crt"),
      ])
  }

  /// What an origin speaks TLS with.
  func context() throws -> NIOSSLContext {
    let chain = try NIOSSLCertificate.fromPEMFile(folder.file("default.crt"))
    let key = try NIOSSLPrivateKey(file: folder.file("default.key"), format: .pem)
    return try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
  }
}
