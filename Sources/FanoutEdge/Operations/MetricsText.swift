import NIOCore

/// Writes metrics in Prometheus' text exposition format, version 0.0.4.
///
/// **Spec**: https://prometheus.io/docs/instrumenting/exposition_formats/. One family after the other, each with its `HELP` and
/// `TYPE`; names and label names are ours and right; values of labels and help texts are escaped.
struct MetricsText {
  /// What a family is.
  enum Kind: String {
    case counter, gauge, histogram
  }

  /// What has been written.
  private(set) var text = ""
  private let prefix: String

  /// - Parameter prefix: before every name.
  init(prefix: String = "") {
    self.prefix = prefix
    text.reserveCapacity(8192)
  }

  /// A family without labels.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
    begin(name, kind, help)
    sample(name, [], "\(value)")
  }

  /// A family with one sample for each value of a label, in their order.
  mutating func add(
    _ name: String, _ kind: Kind, _ help: String, label: String, _ values: some Sequence<(String, Int)>
  ) {
    begin(name, kind, help)
    for (labelValue, value) in values { sample(name, [(label, labelValue)], "\(value)") }
  }

  /// The beginning of a family.
  mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(prefix)\(name) \(Self.escaped(help, quotes: false))\n# TYPE \(prefix)\(name) \(kind.rawValue)\n"
  }

  /// A sample of the family that was begun.
  mutating func sample(_ name: String, _ labels: [(name: String, value: String)], _ value: String) {
    text += prefix + name
    if !labels.isEmpty {
      let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
      text += "{\(pairs.joined(separator: ","))}"
    }
    text += " \(value)\n"
  }

  /// The samples of a histogram, in seconds.
  mutating func histogram(_ name: String, _ labels: [(name: String, value: String)], _ histogram: LatencyHistogram) {
    var count = 0
    for (bound, counted) in zip(LatencyHistogram.bounds, histogram.counts) {
      count += counted
      sample("\(name)_bucket", labels + [("le", Self.seconds(nanoseconds: bound * 1000))], "\(count)")
    }
    sample("\(name)_bucket", labels + [("le", "+Inf")], "\(histogram.count)")
    sample("\(name)_sum", labels, Self.seconds(nanoseconds: histogram.sum.nanoseconds))
    sample("\(name)_count", labels, "\(histogram.count)")
  }

  /// Seconds as a decimal number, exact.
  static func seconds(nanoseconds: Int64) -> String {
    let fraction = String(nanoseconds % 1_000_000_000 + 1_000_000_000).dropFirst()
    let digits = fraction.reversed().drop { $0 == "0" }.reversed()
    return "\(nanoseconds / 1_000_000_000)" + (digits.isEmpty ? "" : "." + String(digits))
  }

  /// `\`, line feed and, in values of labels, `"` are escaped; nothing else may be.
  static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
