package import Foundation

/// What the kernel says about a running process.
package struct ProcessFigures: Sendable {
  /// Memory that only this process has, in bytes.
  package var privateBytes: Int
  /// How many descriptors are open.
  package var descriptors: Int
  /// CPU time so far, user and system.
  package var cpu: Duration

  /// Reads them from `/proc`.
  package init(of id: pid_t) throws {
    let rollup = try String(contentsOfFile: "/proc/\(id)/smaps_rollup", encoding: .utf8)
    privateBytes =
      1024
      * rollup.split(separator: "\n").filter { $0.hasPrefix("Private_") }
      .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }.reduce(0, +)
    descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd").count
    // After the name in brackets: field 3 is the state; 14 and 15 are the ticks in user and system mode.
    let stat = try String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ").dropFirst()
    let ticks = fields.dropFirst(11).prefix(2).compactMap { Int($0) }.reduce(0, +)
    cpu = .milliseconds(ticks * 1000 / Int(sysconf(Int32(_SC_CLK_TCK))))
  }
}
