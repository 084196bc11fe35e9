import GRIP
import NIOCore
package import ServerKit

/// An edge as an existing `pushpin.conf` describes it.
///
/// Every option that we have is taken over; one that we have not, or do otherwise, is named with its file and line.
/// **Spec**: GRIP proxy §22.1.
package struct PushpinConfiguration: Sendable {
  /// The whole configuration.
  package var server: EdgeServerConfiguration
  /// The routes file, relative to the configuration file where it was not absolute; `nil` where none is named.
  package var routesFile: String?
  /// 0 errors, 1 warnings, 2 notices, 3 debug, 4 trace. Default 2.
  package var logLevel = 2
  /// How log lines look. Default text.
  package var logFormat = LogFormat.text
  /// Whether every request is logged; with `logLevel` 3 it is so anyway. Default no.
  package var logsAccess = false
  /// What its owner should read.
  package var notes: [ConfigurationNote] = []

  var portOffset = 0
  var controlPort: Int?
  var controlHost: String?

  /// The defaults: clients on `127.0.0.1:7999`, publishers on `127.0.0.1:5561`, unsigned.
  package init() {
    server = EdgeServerConfiguration(edge: EdgeConfiguration(listen: [ListenAddress(port: 7999)]))
    server.control.listen = [ListenAddress(port: 5561)]
  }

  /// Reads a file and what it includes.
  ///
  /// - Parameter readFile: gives a file's bytes.
  package init(path: String, readFile: @escaping (String) throws -> [UInt8] = { try SystemFile.read($0) }) {
    self.init()
    server.edge.listen = []
    server.control.listen = []
    let reader = PushpinFileReader(readFile: readFile)
    let file = reader.read(path)
    notes = file.notes
    // The later one of two counts; the order of the file is that of the notes.
    var last: [String: INIFile.Entry] = [:]
    for entry in file.entries { last[entry.path] = entry }
    for entry in file.entries where last[entry.path] == entry { apply(entry, readFile: readFile) }
    finish(path)
  }

  /// Whether the edge may start.
  package var hasErrors: Bool { notes.contains { $0.gravity == .error } }

  /// Notes something about a setting.
  mutating func note(_ gravity: ConfigurationNote.Gravity, _ entry: INIFile.Entry, _ text: String) {
    notes.append(
      ConfigurationNote(gravity, source: entry.source, line: entry.line, text: "\(entry.key): \(text)"))
  }

  private mutating func finish(_ path: String) {
    for index in server.edge.listen.indices where server.edge.listen[index].port != 0 {
      server.edge.listen[index].port += portOffset
    }
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
    file.include(read(SystemFile.path(include.value, besides: path), depth: depth + 1))
    return file
  }

  private func failed(_ path: String, _ text: String) -> INIFile {
    INIFile(failure: ConfigurationNote(.error, source: path, text: text))
  }
}
