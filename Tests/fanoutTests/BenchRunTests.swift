import ArgumentParser
import Foundation
import TestKit
import Testing

@testable import fanout

@Suite("A bench against proxies", .serialized)
struct BenchRunTests {
  /// A running edge in front of an origin's address.
  private func edge(
    origin: Address, target: String = "", settings: String = ""
  ) throws -> (process: ChildProcess, front: Address, control: Address) {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      "fanout.yaml", "listen: '127.0.0.1:0?http2'\ncontrol.listen: 127.0.0.1:0\nsignature:\n  key: k\n\(settings)")
    let process = try ChildProcess(
      try Products.path("fanout-edge"), ["--config", file, "--route", "* \(origin)\(target)"])
    let ready = process.log.firstValue(within: .seconds(30)) { line -> [Address]? in
      guard line.contains("ready") else { return nil }
      return line.matches(of: #/http://[0-9.]+:[0-9]+/#).compactMap { Address(url: $0.output) }
    }
    guard let ready, ready.count == 2 else { throw TestFailure("the edge is not ready\n\(process.log.tail(40))") }
    return (process, ready[0], ready[1])
  }

  private func plan(_ words: [String], front: Address, control: Address) throws -> BenchPlan {
    try BenchCommand.parse(
      ["--target", "http://\(front)/?channel={channel}&n={n}&last={last}", "--control", "http://\(control)"] + words
    ).plan(run: 1, descriptorLimit: 4_096)
  }

  @Test(arguments: ["stream", "sse", "long-poll"])
  func `two hundred connections to the real edge get every message once and in order`(type: String) async throws {
    let origin = try Address.free()
    let edge = try edge(origin: origin)
    // Longer than the 55 s of a long-poll's hold: a poll that the edge forgets comes late, which is not what this is about.
    let plan = try plan(
      ["--origin", "\(origin)", "--type", type, "--connections", "200", "--channels", "4", "--messages", "100"]
        + ["--rate", "50", "--timeout", "60s"],
      front: edge.front, control: edge.control)
    let report = try await BenchRun.report(of: plan, stop: StopSignal())
    #expect(report.isClean, "\(report.text)\n\(edge.process.log.tail(20))")
    #expect(report.figures.counts.delivered == 200 * 25)
    #expect(report.figures.latency.count == 200 * 25)
    #expect(report.figures.latency.maximum > 0)
    #expect(try edge.process.stop() == .exited(0))
  }

  @Test(arguments: [
    ["--type", "websocket"], ["--type", "websocket", "--reliable", "--window", "2"],
    ["--type", "websocket", "over_http"],
    ["--type", "websocket", "--reliable", "over_http"], ["--type", "stream", "--reliable"],
    ["--type", "sse", "--http2", "--streams", "30"], ["--type", "long-poll", "--http2"],
  ])
  func `every way of listening gets every message once and in order`(words: [String]) async throws {
    let origin = try Address.free()
    let isOverHTTP = words.contains("over_http")
    let edge = try edge(origin: origin, target: isOverHTTP ? ",over_http" : "")
    let plan = try plan(
      words.filter { $0 != "over_http" } + ["--origin", "\(origin)", "--connections", "100", "--channels", "3"]
        + ["--messages", "60", "--rate", "50", "--timeout", "60s"],
      front: edge.front, control: edge.control)
    let report = try await BenchRun.report(of: plan, stop: StopSignal())
    #expect(report.isClean, "\(report.text)\n\(edge.process.log.tail(20))")
    #expect(report.figures.counts.delivered == 100 * 20)
  }

  @Test(arguments: [["--type", "sse"], ["--type", "stream", "--http2"], ["--type", "websocket"]])
  func `by TLS too, and a certificate of somebody unknown is refused`(words: [String]) async throws {
    let origin = try Address.free()
    let folder = try TemporaryFolder()
    try folder.write("localhost.crt", TestCertificate.montague.chain)
    try folder.write("localhost.key", TestCertificate.montague.key)
    let secure = try Address.free()
    let edge = try edge(
      origin: origin, settings: "listen-tls: \(secure)\ncertificates: \(folder.path)\n")
    let words =
      words + ["--origin", "\(origin)", "--connections", "20", "--messages", "10", "--rate", "50"]
      + ["--timeout", "30s", "--target", "https://localhost:\(secure.port)/?channel={channel}&n={n}&last={last}"]
    let ca = folder.file("localhost.crt")
    let report = try await BenchRun.report(
      of: try plan(words + ["--ca", ca], front: edge.front, control: edge.control), stop: StopSignal())
    #expect(report.isClean, "\(report.text)\n\(edge.process.log.tail(20))")
    #expect(report.figures.counts.delivered == 20 * 10)
    let refusing = try plan(words + ["--messages", "1"], front: edge.front, control: edge.control)
    let refused = try await BenchRun.report(of: refusing, stop: StopSignal())
    #expect(refused.figures.failed == 20 && !refused.isClean, "\(refused.text)")
    #expect(refused.figures.firstFailure?.contains("CERTIFICATE_VERIFY_FAILED") == true, "\(refused.text)")
  }

  @Test func `a proxy that drops, repeats and swaps is found out`() async throws {
    let proxy = try FaultyProxy(connections: 3)
    let plan = try plan(
      ["--type", "long-poll", "--connections", "3", "--messages", "10", "--rate", "100", "--timeout", "3s"],
      front: proxy.address, control: proxy.address)
    let report = try await BenchRun.report(of: plan, stop: StopSignal())
    #expect(report.figures.counts.lost == 3, "\(report.text)")
    #expect(report.figures.counts.duplicated == 3)
    #expect(report.figures.counts.reordered == 3)
    #expect(report.figures.counts.delivered == 27)
    #expect(!report.isClean)
    #expect(report.json.contains(#""lost":3,"duplicated":3,"reordered":3,"#))
  }

  @Test func `a proxy that refuses is named with its answer, and the program fails`() throws {
    let proxy = try HTTPDouble { _ in .response(status: 502) }
    let result = try Command.result(
      try Products.path("fanout"),
      ["bench", "--target", "http://\(proxy.address)/", "--control", "http://\(proxy.address)", "--connections", "2"]
        + ["--messages", "1", "--json"])
    #expect(result.ending == .exited(1), "\(result.output)")
    #expect(result.output.contains(#""failed":2,"#))
    #expect(result.output.contains("it answered 502"))
    #expect(result.output.contains(#""publishFailure":"#))
  }

  @Test func `with a window nothing is published before the last messages have come`() async throws {
    let proxy = try FaultyProxy(connections: 1)
    let plan = try plan(
      ["--type", "long-poll", "--connections", "1", "--messages", "9", "--rate", "1000", "--timeout", "2s"]
        + ["--window", "1"],
      front: proxy.address, control: proxy.address)
    let report = try await BenchRun.report(of: plan, stop: StopSignal())
    // The third one never comes.
    #expect(report.published == 3, "\(report.text)")
    #expect(report.publishFailure?.contains("everybody") == true)
  }

  @Test func `Ctrl-C ends it with the figures so far`() throws {
    let origin = try Address.free()
    let edge = try edge(origin: origin)
    let bench = try ChildProcess(
      try Products.path("fanout"),
      ["bench", "--target", "http://\(edge.front)/?channel={channel}", "--control", "http://\(edge.control)"]
        + ["--origin", "\(origin)", "--connections", "5", "--messages", "100000", "--rate", "20", "--progress"])
    let line = bench.log.firstValue(within: .seconds(30)) { $0.contains(" of 100000 published") ? $0 : nil }
    #expect(line != nil)
    bench.signal(SIGINT)
    let end = bench.log.firstValue(within: .seconds(20)) { $0.contains("these are the figures so far") ? $0 : nil }
    #expect(end != nil, "\(bench.log.text)")
    #expect(try bench.waitForEnd(within: .seconds(20)) == .exited(0))
    #expect(bench.log.text.contains("connections  5 streams on 1 channel"))
  }
}

/// A proxy of long-polls that drops the third message, repeats the fifth, and gives the seventh after the eighth.
///
/// `@unchecked Sendable`: everything mutable is touched under `condition` only.
private final class FaultyProxy: @unchecked Sendable {
  private let condition = NSCondition()
  private var waiting: [[String]]
  private var count = 0
  private var kept: String?
  private var double: HTTPDouble?

  var address: Address { double?.address ?? Address(port: 1) }

  init(connections: Int) throws {
    waiting = Array(repeating: [], count: connections)
    double = try HTTPDouble { [weak self] request in self?.answer(request) ?? .response(status: 503) }
  }

  deinit { double?.stop() }

  private func answer(_ request: HTTPDouble.Request) -> HTTPDouble.Answer {
    condition.lock()
    defer { condition.unlock() }
    if request.method == "POST" {
      publish(request.text)
      return .response(status: 200, body: "Published\n")
    }
    guard let number = request.target.firstMatch(of: #/n=(\d+)/#).flatMap({ Int($0.output.1) }) else {
      return .response(status: 400)
    }
    let deadline = Date(timeIntervalSinceNow: 5)
    while waiting[number].isEmpty {
      if !condition.wait(until: deadline) { return .response(status: 204) }
    }
    defer { waiting[number] = [] }
    return .response(status: 200, body: waiting[number].joined())
  }

  private func publish(_ item: String) {
    guard let match = item.firstMatch(of: #/fanout-bench [0-9a-f]+ \d+ \d+ \d+ x*/#) else { return }
    let line = String(match.output) + "\n"
    count += 1
    switch count {
    case 3: return
    case 7: kept = line
    case 8: deliver(line + (kept ?? ""))
    default: deliver(count == 5 ? line + line : line)
    }
  }

  private func deliver(_ text: String) {
    for index in waiting.indices { waiting[index].append(text) }
    condition.broadcast()
  }
}
