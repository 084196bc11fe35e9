#if canImport(Glibc)
  import Glibc
#endif

/// Measures and prints.
struct Report {
  let stanzas: Int
  let bytes: Int
  private var base: Double?

  init(stanzas: Int, bytes: Int) {
    self.stanzas = stanzas
    self.bytes = bytes
  }

  /// Measures one thing, and prints it beside the base.
  mutating func measure(_ name: String, isBase: Bool = false, _ body: () throws -> Void) rethrows {
    let seconds = try Self.best(body)
    if isBase { base = seconds }
    let relation = base.map { ", \(Self.rounded(seconds / $0 * 100) / 100) times the time of expat alone" } ?? ""
    print("\(name):")
    print(
      "  \(Self.rounded(Double(bytes) / seconds / 1e6)) MB/s, \(Self.rounded(Double(stanzas) / seconds)) stanzas/s, "
        + "\(Self.rounded(seconds / Double(stanzas) * 1e9)) ns each\(isBase ? "" : relation)")
  }

  /// CPU seconds of the best of five.
  static func best(_ body: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<5 {
      let start = cpuSeconds()
      try body()
      best = min(best, cpuSeconds() - start)
    }
    return best
  }

  static func rounded(_ number: Double) -> Double { number.rounded() }

  private static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// What the process has for itself.
enum Memory {
  static func privateBytes() -> Int {
    guard let file = fopen("/proc/self/smaps_rollup", "r") else { return 0 }
    defer { fclose(file) }
    var bytes = 0
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard text.hasPrefix("Private_"), let kilobytes = text.split(separator: " ").dropFirst().first else { continue }
      bytes += (Int(kilobytes) ?? 0) * 1024
    }
    return bytes
  }
}
