import GRIP

/// What a bench has found.
struct BenchReport: Sendable {
  /// What it was to do.
  var plan: BenchPlan
  /// The figures of all loops.
  var figures: BenchLoop.Figures
  /// Messages that the proxy took.
  var published: Int
  /// From the first connection to the last.
  var openingSeconds: Double
  /// From the first publish to the last one's answer.
  var publishingSeconds: Double
  /// Why publishing ended early.
  var publishFailure: String?
  /// Whether Ctrl-C ended it.
  var isInterrupted: Bool

  /// Connections that gave neither a response nor an error in time.
  var unanswered: Int { plan.connections - figures.opened - figures.failed }

  /// Deliveries that the open connections should have had.
  var expected: Int { figures.counts.delivered + figures.counts.lost }

  /// Whether everything that was published came once, in order, and to everybody.
  var isClean: Bool {
    figures.counts.isClean && figures.failed == 0 && unanswered == 0 && publishFailure == nil && figures.opened > 0
  }

  /// For a person.
  var text: String {
    let counts = figures.counts
    var lines = [
      "connections  \(figures.opened) \(plan.transport.plural) on \(plan.channels) channel\(plan.channels == 1 ? "" : "s")"
        + ", opened in \(Self.fixed(openingSeconds, 2)) s (\(Self.rate(figures.opened, openingSeconds))/s)"
        + "; \(figures.failed) failed, \(unanswered) unanswered, \(figures.closedEarly) closed early",
      "published    \(published) of \(plan.messages) messages of \(plan.size) bytes in"
        + " \(Self.fixed(publishingSeconds, 2)) s (\(Self.rate(published, publishingSeconds))/s)",
      "delivered    \(counts.delivered) of \(expected); lost \(counts.lost), duplicated \(counts.duplicated), "
        + "out of order \(counts.reordered), misrouted \(counts.misrouted)",
      "latency      "
        + Self.percentiles.map { "\($0.name) \(Self.milliseconds(figures.latency.percentile($0.share)))" }
        .joined(separator: "  ") + "  max \(Self.milliseconds(figures.latency.maximum)) ms",
    ]
    if figures.foreign > 0 { lines.append("other runs   \(figures.foreign) messages, not counted") }
    if let reason = figures.firstFailure { lines.append("first failed connection: \(reason)") }
    if let publishFailure { lines.append("publishing ended early: \(publishFailure)") }
    if isInterrupted { lines.append("interrupted: these are the figures so far") }
    return lines.joined(separator: "\n")
  }

  /// One JSON object in one line.
  var json: String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.name("type")
    writer.string(plan.transport.rawValue)
    for (name, value) in members {
      writer.name(name)
      writer.integer(value)
    }
    writer.name("latencyMicroseconds")
    writer.beginObject()
    for (name, share) in Self.percentiles {
      writer.name(name)
      writer.integer(Int(figures.latency.percentile(share) / 1_000))
    }
    writer.name("max")
    writer.integer(Int(figures.latency.maximum / 1_000))
    writer.endObject()
    for (name, text) in [("firstFailure", figures.firstFailure), ("publishFailure", publishFailure)] {
      guard let text else { continue }
      writer.name(name)
      writer.string(text)
    }
    let marks = [
      ("isSecure", plan.target.isSecure), ("isHTTP2", plan.streamsPerConnection != nil), ("hasIDs", plan.hasIDs),
      ("isInterrupted", isInterrupted), ("isClean", isClean),
    ]
    for (name, value) in marks {
      writer.name(name)
      writer.bool(value)
    }
    writer.endObject()
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private var members: [(name: String, value: Int)] {
    [
      ("connections", plan.connections), ("channels", plan.channels), ("messages", plan.messages),
      ("size", plan.size), ("batch", plan.batch), ("opened", figures.opened), ("failed", figures.failed),
      ("unanswered", unanswered), ("closedEarly", figures.closedEarly), ("published", published),
      ("expected", expected), ("delivered", figures.counts.delivered), ("lost", figures.counts.lost),
      ("duplicated", figures.counts.duplicated), ("reordered", figures.counts.reordered),
      ("misrouted", figures.counts.misrouted), ("foreign", figures.foreign),
      ("openingMilliseconds", Int(openingSeconds * 1_000)), ("publishingMilliseconds", Int(publishingSeconds * 1_000)),
    ]
  }

  private static let percentiles: [(name: String, share: Double)] = [
    ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999),
  ]

  private static func milliseconds(_ nanoseconds: Int64) -> String { fixed(Double(nanoseconds) / 1_000_000, 2) }

  private static func rate(_ count: Int, _ seconds: Double) -> String {
    seconds > 0 ? fixed(Double(count) / seconds, 1) : "-"
  }

  /// A number that is not negative, with this many digits after the point.
  static func fixed(_ number: Double, _ digits: Int) -> String {
    var factor = 1
    for _ in 0..<digits { factor *= 10 }
    guard number.isFinite, number < 1e12 else { return "-" }
    let units = Int((max(0, number) * Double(factor)).rounded())
    let fraction = String(units % factor)
    return "\(units / factor).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
  }
}
