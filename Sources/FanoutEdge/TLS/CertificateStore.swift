import Glibc
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The certificates of a directory, chosen by the name that a client asks for, read again when their files change.
///
/// A pair is `NAME.crt` (leaf and chain) and `NAME.key`, PEM. For a name the exact pair counts, then that of the wildcard one
/// level up (`_.example.org` for `www.example.org`), then `default_PORT`. Files are looked at in every handshake: a `stat`
/// costs a thousandth of one. A pair that is broken, or half replaced, leaves the one before it in use and is logged once; a
/// pair whose files are both gone is gone.
///
/// **Isolation**: any thread.
/// **Spec**: GRIP proxy §2.2.
final class CertificateStore: Sendable {
  /// What a handshake is made with.
  struct Pair: Sendable {
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource
  }

  /// There is no certificate for what the client asks for.
  struct Missing: Error {}

  private struct Stamp: Hashable {
    var values: [Int]
  }

  private struct Entry {
    /// Of the files that were last tried, whether they were good or not.
    var stamp: Stamp
    var pair: Pair?
  }

  private struct ContextKey: Hashable {
    var port: Int
    var allowsHTTP2: Bool
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var contexts: [ContextKey: NIOSSLContext] = [:]
  }

  private let directory: String
  private let logger: Logger
  private let state = Mutex(State())

  /// A store that has read nothing yet.
  init(directory: String, logger: Logger) {
    self.directory = directory
    self.logger = logger
  }

  /// What the connections of a port begin their handshake with; it has no certificate of its own.
  func context(port: Int, allowsHTTP2: Bool) throws -> NIOSSLContext {
    let key = ContextKey(port: port, allowsHTTP2: allowsHTTP2)
    if let context = state.withLock({ $0.contexts[key] }) { return context }
    var configuration = Self.configuration
    configuration.applicationProtocols = allowsHTTP2 ? ["h2", "http/1.1"] : ["http/1.1"]
    configuration.sslContextCallback = { [weak self] values, promise in
      guard let pair = self?.pair(for: values.serverHostname, port: port) else { return promise.fail(Missing()) }
      var override = NIOSSLContextConfigurationOverride()
      override.certificateChain = pair.chain
      override.privateKey = pair.key
      promise.succeed(override)
    }
    let context = try NIOSSLContext(configuration: configuration)
    state.withLock { $0.contexts[key] = context }
    return context
  }

  /// The pair for a name; `nil` where there is none.
  func pair(for name: String?, port: Int) -> Pair? {
    for candidate in Self.candidates(for: name, port: port) {
      if let pair = current(candidate) { return pair }
    }
    return nil
  }

  /// Looks at all files that have been used, now. What is broken is logged.
  func refresh() {
    for name in state.withLock({ Array($0.entries.keys) }) { _ = current(name) }
  }

  /// File names without their endings, in the order in which they count.
  static func candidates(for name: String?, port: Int) -> [String] {
    var result: [String] = []
    if let name = name?.lowercased(), isHostName(name) {
      result.append(name)
      if let dot = name.firstIndex(of: "."), name.index(after: dot) < name.endIndex {
        result.append("_" + name[dot...])
      }
    }
    result.append("default_\(port)")
    return result
  }

  /// Whether a name can be part of a path without leaving the directory.
  private static func isHostName(_ name: String) -> Bool {
    (1...253).contains(name.utf8.count) && !name.hasPrefix(".")
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
      }
  }

  private func current(_ name: String) -> Pair? {
    let (certificate, key) = ("\(directory)/\(name).crt", "\(directory)/\(name).key")
    let stamps = (Self.stamp(certificate), Self.stamp(key))
    // One lock over reading too: a changed pair is read once, and nobody is given a half of it.
    return state.withLock { state in
      let known = state.entries[name]
      guard let first = stamps.0, let second = stamps.1 else {
        guard stamps.0 == nil, stamps.1 == nil else { return known?.pair }
        if known != nil { state.entries[name] = nil }
        return nil
      }
      let stamp = Stamp(values: first + second)
      if let known, known.stamp == stamp { return known.pair }
      do {
        let pair = try FreshThread.run { try Self.read(certificate: certificate, key: key) }
        state.entries[name] = Entry(stamp: stamp, pair: pair)
        logger.notice("certificate read", metadata: ["file": "\(certificate)"])
        return pair
      } catch {
        state.entries[name] = Entry(stamp: stamp, pair: known?.pair)
        logger.error(
          known?.pair == nil ? "certificate unusable" : "certificate unusable; the one before stays in use",
          metadata: ["file": "\(certificate)", "error": "\(error)"])
        return known?.pair
      }
    }
  }

  private static func read(certificate: String, key: String) throws -> Pair {
    let chain = try NIOSSLCertificate.fromPEMBytes(SystemFile.read(certificate)).map(
      NIOSSLCertificateSource.certificate)
    let key = NIOSSLPrivateKeySource.privateKey(try NIOSSLPrivateKey(bytes: SystemFile.read(key), format: .pem))
    guard !chain.isEmpty else { throw SystemFile.Failure(description: "\(certificate) holds no certificate") }
    // Only a context says whether the two belong together.
    var trial = configuration
    trial.certificateChain = chain
    trial.privateKey = key
    _ = try NIOSSLContext(configuration: trial)
    return Pair(chain: chain, key: key)
  }

  private static func stamp(_ path: String) -> [Int]? {
    var information = stat()
    guard stat(path, &information) == 0 else { return nil }
    return [
      Int(information.st_mtim.tv_sec), Int(information.st_mtim.tv_nsec), Int(information.st_size),
      Int(bitPattern: UInt(information.st_ino)),
    ]
  }

  /// Mozilla's "intermediate" profile, without certificates: TLS 1.2 with forward secrecy and AEAD only, TLS 1.3. Clients
  /// are not asked for theirs.
  private static var configuration: TLSConfiguration {
    // The client's form is the one that needs no certificate.
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    configuration.trustRoots = .certificates([])
    configuration.minimumTLSVersion = .tlsv12
    configuration.cipherSuites = [
      "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
      "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    ].joined(separator: ":")
    return configuration
  }
}
