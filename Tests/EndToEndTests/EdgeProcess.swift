import Foundation
import TestKit

/// A running `fanout edge`, configured by a `pushpin.conf` as an existing installation would be.
final class EdgeProcess {
  /// Where clients connect.
  let address: Address
  /// Where publishers post.
  let control: Address
  let process: ChildProcess
  /// Where its configuration is: `pushpin.conf`, `routes`, `runner/certs`.
  let folder: TemporaryFolder

  /// The process that holds the connections: the worker, where `fanout edge` starts one.
  var workers: [pid_t] {
    let children = try? String(
      contentsOfFile: "/proc/\(process.id)/task/\(process.id)/children", encoding: .utf8)
    let ids = (children ?? "").split(separator: " ").compactMap { pid_t($0) }
    return ids.isEmpty ? [process.id] : ids
  }

  /// Starts it in front of an origin and waits until it says that it is ready.
  ///
  /// - Parameters:
  ///   - routes: the lines of its routes file; everything goes to `origin` where there are none.
  ///   - runner: more lines for the `[runner]` section.
  ///   - proxy: more lines for the `[proxy]` section.
  ///   - handler: more lines for the `[handler]` section.
  ///   - files: what else is in its folder.
  init(
    origin: Address, key: String = "the edge's own key", issuer: String = "pushpin", upstreamKey: String? = nil,
    routes: String? = nil, runner: String = "", proxy: String = "", handler: String = "", options: [String] = [],
    files: [String: String] = [:]
  ) throws {
    folder = try TemporaryFolder()
    for (name, content) in files { try folder.write(name, content) }
    try folder.write("routes", routes ?? "* \(origin)\n")
    let file = try folder.write(
      "pushpin.conf",
      """
      [runner]
      http_port=127.0.0.1:0
      \(runner)
      [proxy]
      routesfile=\(folder.file("routes"))
      sig_iss=\(issuer)
      sig_key=\(key)
      \(upstreamKey.map { "upstream_key=\($0)" } ?? "")
      x_forwarded_for=append
      \(proxy)
      [handler]
      push_in_http_addr=127.0.0.1
      push_in_http_port=0
      \(handler)

      """)
    process = try ChildProcess(try Products.path("fanout"), ["edge", "--config", file] + options)
    let ready = process.log.firstValue(within: .seconds(30)) { line -> [Address]? in
      guard line.contains("ready") else { return nil }
      let found = line.matches(of: #/http://[0-9.]+:[0-9]+/#).compactMap { Address(url: $0.output) }
      return found.count == 2 ? found : nil
    }
    guard let ready else {
      throw TestFailure("the edge did not say that it is ready\n\(process.log.tail(40))")
    }
    (address, control) = (ready[0], ready[1])
  }

  /// Publishes and expects success.
  func publish(_ items: String) throws {
    let answer = try HTTPConnection.exchange(control, Publish.request(items))
    guard answer.status == 200 else { throw TestFailure("publish: \(answer.status) \(answer.text)") }
  }
}

/// Requests to a control port.
enum Publish {
  /// A publish with these items, as JSON text.
  static func request(_ items: String, _ fields: HeaderFields = []) -> HTTPRequest {
    HTTPRequest(
      "POST", "/publish/", HeaderFields([("Content-Type", "application/json")] + fields.list),
      body: #"{"items":[\#(items)]}"#)
  }

  /// An item for streams.
  static func stream(_ channel: String, _ content: String) -> String {
    #"{"channel":"\#(channel)","formats":{"http-stream":{"content":"\#(content)"}}}"#
  }
}
