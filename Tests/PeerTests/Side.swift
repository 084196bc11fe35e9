import Foundation
import TestKit

/// One of the two proxies that are compared.
enum Side: String, Sendable, CaseIterable {
  /// Our own.
  case edge
  /// Debian's Pushpin.
  case pushpin
}

/// A running proxy.
protocol ProxyUnderTest: AnyObject, Sendable {
  /// Where clients connect.
  var address: Address { get }
  /// Where publishers post.
  var control: Address { get }
  /// Where it says that it has subscribed.
  var log: OutputLog { get }
  /// Where clients connect by TLS.
  var secureAddress: Address? { get }
  /// The address of one of its ZeroMQ sockets: `push`, `sub`, `stats` or `command`.
  func socket(_ name: String) -> String
}

/// Debian's Pushpin. `@unchecked Sendable`: nothing in it changes once it runs.
final class PushpinUnderTest: ProxyUnderTest, @unchecked Sendable {
  private let pushpin: Pushpin

  var address: Address { pushpin.address }
  var control: Address { pushpin.control }
  var log: OutputLog { pushpin.handlerLog }
  var secureAddress: Address? { pushpin.secureAddress }

  func socket(_ name: String) -> String { pushpin.socket(name) }

  /// - Parameters:
  ///   - certificates: with a folder of these, it listens for TLS too.
  init(routes: String, settings: [String: String], certificates: Certificates?, compresses: Bool) throws {
    let secure = try certificates.map { (address: try Address.free(), certificates: $0.folder.path) }
    if let secure, let certificates { try certificates.serve(secure.address.port) }
    pushpin = try Pushpin(
      routes: routes, key: "key of the house", settings: settings, logLevel: 2, secure: secure, compresses: compresses)
  }
}

/// `fanout-edge`, configured by the same options.
final class EdgeUnderTest: ProxyUnderTest, @unchecked Sendable {
  let address: Address
  let control: Address
  let secureAddress: Address?
  private let process: ChildProcess
  private let folder: TemporaryFolder

  var log: OutputLog { process.log }

  func socket(_ name: String) -> String { "ipc://\(folder.path)/e-\(name)" }

  /// - Parameters:
  ///   - own: options that only this edge has, by their names in its section.
  ///   - certificates: with a folder of these, it listens for TLS too.
  init(
    routes: String, settings: [String: String], own: [String: String] = [:], certificates: Certificates? = nil,
    compresses: Bool = false
  ) throws {
    folder = try TemporaryFolder()
    try folder.write("routes", routes)
    let handlerOptions: Set = ["message_wait", "id_cache_ttl", "connection_subscription_max", "subscription_linger"]
    secureAddress = try certificates.map { _ in try .free() }
    if let certificates, let secureAddress {
      try certificates.serve(secureAddress.port)
      try FileManager.default.createDirectory(atPath: folder.file("runner"), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: folder.file("runner/certs"), withDestinationPath: certificates.folder.path)
    }
    let secureLine = secureAddress.map { "https_ports=\($0)\n" } ?? ""
    func lines(_ isHandlers: Bool) -> String {
      settings.filter { handlerOptions.contains($0.key) == isHandlers }.sorted { $0.key < $1.key }
        .map { "\($0.key)=\($0.value)\n" }.joined()
    }
    let file = try folder.write(
      "pushpin.conf",
      """
      [runner]
      http_port=127.0.0.1:0
      allow_compression=\(compresses)
      \(secureLine)
      [proxy]
      routesfile=\(folder.file("routes"))
      sig_key=key of the house
      x_forwarded_for=append
      \(lines(false))
      [handler]
      push_in_http_addr=127.0.0.1
      push_in_http_port=0
      push_in_spec=ipc://\(folder.path)/e-push
      push_in_sub_specs=ipc://\(folder.path)/e-sub
      stats_spec=ipc://\(folder.path)/e-stats
      command_spec=ipc://\(folder.path)/e-command
      \(lines(true))
      [fanout]
      \(own.map { "\($0.key)=\($0.value)\n" }.joined())
      """)
    process = try ChildProcess(try Products.path("fanout-edge"), ["--config", file, "--loglevel", "3"])
    let ready = process.log.firstValue(within: .seconds(30)) { line -> [Address]? in
      guard line.contains("ready") else { return nil }
      let found = line.matches(of: #/http://[0-9.]+:[0-9]+/#).compactMap { Address(url: $0.output) }
      return found.count == 2 ? found : nil
    }
    guard let ready else { throw TestFailure("the edge did not say that it is ready\n\(process.log.tail(40))") }
    (address, control) = (ready[0], ready[1])
  }
}
