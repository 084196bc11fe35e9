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
}

/// Debian's Pushpin. `@unchecked Sendable`: nothing in it changes once it runs.
final class PushpinUnderTest: ProxyUnderTest, @unchecked Sendable {
  private let pushpin: Pushpin

  var address: Address { pushpin.address }
  var control: Address { pushpin.control }
  var log: OutputLog { pushpin.handlerLog }

  init(routes: String, settings: [String: String]) throws {
    pushpin = try Pushpin(routes: routes, key: "key of the house", settings: settings, logLevel: 2)
  }
}

/// `fanout-edge`, configured by the same options.
final class EdgeUnderTest: ProxyUnderTest, @unchecked Sendable {
  let address: Address
  let control: Address
  private let process: ChildProcess
  private let folder: TemporaryFolder

  var log: OutputLog { process.log }

  init(routes: String, settings: [String: String]) throws {
    folder = try TemporaryFolder()
    try folder.write("routes", routes)
    let handlerOptions: Set = ["message_wait", "id_cache_ttl", "connection_subscription_max", "subscription_linger"]
    func lines(_ isHandlers: Bool) -> String {
      settings.filter { handlerOptions.contains($0.key) == isHandlers }.sorted { $0.key < $1.key }
        .map { "\($0.key)=\($0.value)\n" }.joined()
    }
    let file = try folder.write(
      "pushpin.conf",
      """
      [runner]
      http_port=127.0.0.1:0
      [proxy]
      routesfile=\(folder.file("routes"))
      sig_key=key of the house
      x_forwarded_for=append
      \(lines(false))
      [handler]
      push_in_http_addr=127.0.0.1
      push_in_http_port=0
      \(lines(true))
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
