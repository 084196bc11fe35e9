import NIOCore
import ServerKit

// The options of `pushpin.conf` that are no `EdgeOption`, in the order of GRIP proxy §22.1: what this edge does not have,
// what means nothing to it, and the two that make one address.
extension PushpinConfiguration {
  /// Takes one setting over.
  mutating func apply(_ entry: INIFile.Entry, readFile: @escaping (String) throws -> [UInt8]) {
    switch entry.section {
    case "global": applyGlobal(entry)
    case "runner": applyRunner(entry)
    case "proxy": applyProxy(entry, readFile: readFile)
    case "handler": applyHandler(entry, readFile: readFile)
    case "fanout": unknown(entry)
    default: note(.warning, entry, "there is no section [\(entry.section)]; it is ignored")
    }
  }

  private mutating func applyGlobal(_ entry: INIFile.Entry) {
    switch entry.key {
    case "include", "rundir", "libdir", "ipc_prefix": break
    default: unknown(entry)
    }
  }

  private mutating func applyRunner(_ entry: INIFile.Entry) {
    switch entry.key {
    case "rundir": break
    case "services", "logdir", "configdir", "mongrel2_bin", "m2sh_bin", "zurl_bin", "condure_bin": useless(entry)
    default: unknown(entry)
    }
  }

  private mutating func applyProxy(_ entry: INIFile.Entry, readFile: @escaping (String) throws -> [UInt8]) {
    switch entry.key {
    case "max_open_requests", "stats_connections_max_ttl", "stats_report_interval": break
    case "ipc_file_mode", "updates_check", "organization_name": useless(entry)
    default: isInternal(entry) ? useless(entry) : unknown(entry)
    }
  }

  private mutating func applyHandler(_ entry: INIFile.Entry, readFile: @escaping (String) throws -> [UInt8]) {
    switch entry.key {
    case "push_in_http_addr":
      settings.controlHost = entry.value == "*" ? "0.0.0.0" : entry.value
      places["control.listen"] = "\(entry.source):\(entry.line)"
    case "push_in_http_port":
      settings.controlPort = integer(entry, in: 0...65_535)
      places["control.listen"] = "\(entry.source):\(entry.line)"
    case "state_spec":
      if !entry.value.isEmpty { unsupported(entry) }
    default: isInternal(entry) ? useless(entry) : unknown(entry)
    }
  }

  // MARK: Values

  private mutating func unsupported(_ entry: INIFile.Entry) {
    note(.warning, entry, "this edge does not have it; it is ignored")
  }

  private mutating func useless(_ entry: INIFile.Entry) {
    note(.remark, entry, "means nothing to this edge")
  }

  /// Whether it concerns the sockets between Pushpin's own processes.
  private func isInternal(_ entry: INIFile.Entry) -> Bool {
    ["proxy_", "m2a_", "m2_", "zurl_", "condure_", "handler_", "intreq_", "connmgr_"].contains {
      entry.key.hasPrefix($0)
    } || entry.key.hasSuffix("_specs") || entry.key.hasSuffix("_spec")
  }

  private mutating func unknown(_ entry: INIFile.Entry) {
    let names =
      entry.section == "fanout" ? EdgeOptions.all.map(\.key) : PushpinKeys.names(of: entry.section)
    let suggestion = NearestName.find(entry.key, among: names).map { "; did you mean \($0)?" } ?? ""
    note(.warning, entry, "there is no such option in [\(entry.section)]; it is ignored\(suggestion)")
  }

  mutating func integer(_ entry: INIFile.Entry, in range: ClosedRange<Int>) -> Int? {
    guard let value = Int(entry.value), range.contains(value) else {
      note(.error, entry, "a number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return value
  }

  /// A bound on deliveries; 0 is none, and so is less, and what Pushpin's own file says.
  ///
  /// COMPAT: `message_rate=2500` and `message_hwm=25000` stand in every `pushpin.conf` that was not changed. They are what
  /// a Pushpin can do, not what its owner wanted, and would make a publication to 10,000 listeners last four seconds.
  private mutating func bound(_ entry: INIFile.Entry, shipped: Int?) -> Int {
    if entry.value.isEmpty { return 0 }
    guard let value = integer(entry, in: -1...1_000_000_000) else { return 0 }
    return value == shipped ? 0 : max(0, value)
  }

  /// Reads `[address:]port`. Without an address it is every address, as Pushpin has it.
  package static func address(_ text: String) -> ListenAddress? {
    guard let colon = text.lastIndex(of: ":") else {
      return UInt16(text).map { ListenAddress(host: "0.0.0.0", port: Int($0)) }
    }
    guard let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty else { return nil }
    return ListenAddress(host: host == "*" ? "0.0.0.0" : String(host), port: Int(port))
  }
}

/// Keys of `pushpin.conf`, for suggestions.
enum PushpinKeys {
  /// The keys of a section.
  static func names(of section: String) -> [String] {
    let taken = EdgeOptions.all.flatMap(\.pushpinKeys).compactMap { path -> String? in
      path.hasPrefix(section + "/") ? String(path.dropFirst(section.count + 1)) : nil
    }
    return taken + (others[section] ?? [])
  }

  private static let others: [String: [String]] = [
    "global": ["include", "rundir", "libdir", "ipc_prefix"],
    "runner": ["services", "https_ports", "local_ports", "logdir"],
    "proxy": [
      "max_open_requests", "stats_connections_max_ttl",
      "stats_report_interval", "updates_check", "organization_name",
    ],
    "handler": ["push_in_http_addr", "push_in_http_port", "state_spec"],
  ]
}
