import Foundation
import TestKit

/// All scenarios, played with both proxies: several at a time, because most of their time is waiting.
enum Season {
  /// What became of one scenario.
  struct Result: Sendable {
    var ours: String
    var theirs: String
  }

  /// Why it could not begin.
  struct Failure: Error { var reason: String }

  /// Results by the name of the scenario; played when first asked for.
  static let results: Swift.Result<[String: Result], Failure> = {
    do { return .success(try play(selected)) } catch { return .failure(Failure(reason: "\(error)")) }
  }()

  /// All, or those whose name or section contains `PEER_SCENARIOS`.
  static let selected: [Scenario] = {
    guard let wanted = ProcessInfo.processInfo.environment["PEER_SCENARIOS"], !wanted.isEmpty else {
      return Scenario.all
    }
    return Scenario.all.filter { "\($0.section): \($0.name)".contains(wanted) }
  }()

  private static func play(_ scenarios: [Scenario]) throws -> [String: Result] {
    var jobs: [(stage: Stage, proxy: any ProxyUnderTest)] = []
    var warmths: [Warmth] = []
    for kind in ServerKind.allCases where scenarios.contains(where: { $0.servers == kind }) {
      let certificates = kind.isSecure ? try Certificates.shared : nil
      for side in Side.allCases {
        let stages = try scenarios.filter { $0.servers == kind }.map { try Stage($0, side) }
        let warmth = try Warmth()
        let routes = stages.map { $0.routes() }.joined() + warmth.route + "\n"
        let proxy: any ProxyUnderTest =
          side == .edge
          ? try EdgeUnderTest(
            routes: routes, settings: kind.settings, own: kind.edgeSettings, certificates: certificates,
            compresses: kind.compresses)
          : try PushpinUnderTest(
            routes: routes, settings: kind.settings, certificates: certificates, compresses: kind.compresses)
        try warmth.listen(to: stages.flatMap(\.warmChannels), at: proxy, updates: side == .pushpin)
        warmths.append(warmth)
        jobs += stages.map { ($0, proxy) }
      }
    }
    let played = Playing(jobs)
    played.run(threads: 8)
    withExtendedLifetime(warmths) {}
    return Dictionary(
      uniqueKeysWithValues: scenarios.map { scenario in
        let key = { (side: Side) in played.transcripts["\(side) \(scenario.host)"] ?? "(not played)" }
        return (scenario.host, Result(ours: key(.edge), theirs: key(.pushpin)))
      })
  }
}

/// The jobs of a season and what they gave. `@unchecked Sendable`: everything mutable is touched under `lock` only.
private final class Playing: @unchecked Sendable {
  private let lock = NSLock()
  private var waiting: [(stage: Stage, proxy: any ProxyUnderTest)]
  private(set) var transcripts: [String: String] = [:]

  init(_ jobs: [(stage: Stage, proxy: any ProxyUnderTest)]) { waiting = jobs.reversed() }

  func run(threads: Int) {
    let group = DispatchGroup()
    for _ in 0..<threads {
      group.enter()
      Thread.detachNewThread { [self] in
        while let job = lock.withLock({ waiting.popLast() }) {
          let transcript = job.stage.play(with: job.proxy)
          lock.withLock { transcripts["\(job.stage.side) \(job.stage.scenario.host)"] = transcript }
        }
        group.leave()
      }
    }
    group.wait()
  }
}
