import GRIP
import NIOCore
package import ServerKit

/// An edge as an existing `pushpin.conf` describes it.
///
/// Every option that we have is taken over; one that we have not, or do otherwise, is named with its file and line.
/// What Pushpin has no option for stands in a section `[fanout]`, under the names of `fanout.yaml`; Pushpin ignores it.
/// **Spec**: GRIP proxy §22.1.
package struct PushpinConfiguration: Sendable {
  /// All that can be said of an edge.
  package var settings = EdgeSettings()
  /// What its owner should read.
  package var notes: [ConfigurationNote] = []
  /// Where the settings stand that the file says, by name.
  package var places: [String: String] = [:]

  /// The whole configuration.
  package var server: EdgeServerConfiguration {
    get { settings.server }
    set { settings.server = newValue }
  }
  /// The routes file.
  package var routesFile: String? { settings.routesFile }
  /// 0 errors to 4 everything.
  package var logLevel: Int { settings.logLevel }
  /// How log lines look.
  package var logFormat: LogFormat { settings.logFormat }
  /// Whether every request is logged.
  package var logsAccess: Bool { settings.logsAccess }

  /// What is added to every port.
  var portOffset: Int { settings.portOffset }

  /// The defaults: clients on `127.0.0.1:7999`, publishers on `127.0.0.1:5561`, unsigned.
  package init() {}

  /// Reads a file and what it includes.
  ///
  /// - Parameters:
  ///   - instance: the number of this instance (`--id`), which is in the names of its runtime files.
  ///   - readFile: gives a file's bytes.
  package init(
    path: String, instance: Int = 0, readFile: @escaping (String) throws -> [UInt8] = { try SystemFile.read($0) }
  ) {
    settings.server.edge.listen = []
    settings.server.control.listen = []
    let reader = PushpinFileReader(readFile: readFile)
    let file = reader.read(path)
    notes = file.notes
    // The later one of two counts; the order of the file is that of the notes.
    var last: [String: INIFile.Entry] = [:]
    for entry in file.entries { last[entry.path] = entry }
    let variables = PushpinVariables(last, path: path, instance: instance)
    for entry in file.entries where last[entry.path] == entry {
      var entry = entry
      entry.value = variables.expand(entry.value)
      take(entry, readFile: readFile)
    }
    finish(path)
  }

  /// Whether the edge may start.
  package var hasErrors: Bool { notes.contains { $0.gravity == .error } }

  private mutating func take(_ entry: INIFile.Entry, readFile: @escaping (String) throws -> [UInt8]) {
    guard let option = EdgeOptions.pushpin(entry.path) else { return apply(entry, readFile: readFile) }
    places[option.key] = "\(entry.source):\(entry.line)"
    let isPushpin = entry.section != "fanout"
    let input = EdgeOption.Input(
      text: entry.value, source: entry.source, pushpinKey: isPushpin ? entry.key : nil, readFile: readFile)
    if let fault = option.apply(input, isPushpin: isPushpin, to: &settings) { note(fault.gravity, entry, fault.text) }
  }

  /// Notes something about a setting.
  mutating func note(_ gravity: ConfigurationNote.Gravity, _ entry: INIFile.Entry, _ text: String) {
    notes.append(
      ConfigurationNote(gravity, source: entry.source, line: entry.line, text: "\(entry.key): \(text)"))
  }

  private mutating func finish(_ path: String) {
    let (controlPort, controlHost) = (settings.controlPort, settings.controlHost)
    if server.edge.signatureKey != nil, server.edge.signatureIssuer.isEmpty { server.edge.signatureIssuer = "pushpin" }
    for index in server.edge.listen.indices where server.edge.listen[index].port != 0 {
      server.edge.listen[index].port += portOffset
    }
    for index in server.metrics.listen.indices where server.metrics.listen[index].port != 0 {
      server.metrics.listen[index].port += portOffset
    }
    settings.shiftZeroMQPorts(by: portOffset)
    if server.edge.listen.isEmpty {
      notes.append(
        ConfigurationNote(.error, source: path, text: "no server ports configured; set http_port in [runner]"))
    }
    if let port = controlPort {
      if controlHost == nil {
        notes.append(
          ConfigurationNote(
            .warning, source: path,
            text: "push_in_http_addr is not set: publishing is open to this machine only (127.0.0.1)"))
      }
      let host = controlHost ?? "127.0.0.1"
      server.control.listen = [ListenAddress(host: host, port: port == 0 ? 0 : port + portOffset)]
      if !ControlConfiguration.isLoopback(host), server.control.credentials.isEmpty {
        server.control.allowsOpenNetwork = true
        notes.append(
          ConfigurationNote(
            .warning, source: path,
            text: "EVERYBODY who reaches \(host):\(port) may publish: set push_in_http_bearer or push_in_http_jwt_key"))
      }
    }
    if server.edge.signatureKey == nil {
      notes.append(
        ConfigurationNote(
          .warning, source: path, text: "sig_key is not set: origins cannot know that requests come from here"))
    }
  }
}

/// Reads a configuration file with what it includes.
struct PushpinFileReader {
  let readFile: (String) throws -> [UInt8]

  /// The entries of a file behind those of the file that it includes, to a depth of 8.
  func read(_ path: String, depth: Int = 0) -> INIFile {
    var file: INIFile
    do {
      file = INIFile(text: String(decoding: try readFile(path), as: UTF8.self), source: path)
    } catch {
      return failed(path, "\(error)")
    }
    guard let include = file.entries.last(where: { $0.path == "global/include" }) else { return file }
    // internal.conf holds the addresses of Pushpin's own processes.
    if include.value == "internal.conf" || include.value.hasSuffix("/internal.conf") { return file }
    guard depth < 8 else { return failed(path, "includes are nested deeper than 8") }
    var included = include.value
    if included.hasPrefix("{libdir}") { included = PushpinVariables.libraryDirectory + included.dropFirst(8) }
    file.include(read(SystemFile.path(included, besides: path), depth: depth + 1))
    return file
  }

  private func failed(_ path: String, _ text: String) -> INIFile {
    INIFile(failure: ConfigurationNote(.error, source: path, text: text))
  }
}
