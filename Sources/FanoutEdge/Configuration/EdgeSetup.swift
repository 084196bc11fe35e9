import GRIP
package import ServerKit

/// An edge as its command line and its files describe it.
package struct EdgeSetup: Sendable {
  /// The configuration of the server.
  package private(set) var server: EdgeServerConfiguration
  /// 0 errors to 4 everything.
  package private(set) var logLevel: Int
  /// How log lines look.
  package private(set) var logFormat: LogFormat
  /// Whether every request is logged.
  package private(set) var logsAccess: Bool
  /// What its owner should read.
  package private(set) var notes: [ConfigurationNote]
  private let routeLines: [String]
  private let routesFile: String?

  private static let places = ["config/pushpin.conf", "pushpin.conf", "/etc/pushpin/pushpin.conf"]

  /// Reads what the flags name.
  package init(_ flags: EdgeFlags) {
    let path = flags.config ?? Self.places.first(where: SystemFile.isReadable)
    var configuration = path.map { PushpinConfiguration(path: $0) } ?? PushpinConfiguration()
    if path == nil { configuration.notes = [] }
    routeLines = flags.routes
    routesFile = flags.routes.isEmpty ? configuration.routesFile : nil
    logLevel = flags.logLevel ?? configuration.logLevel
    logFormat = flags.logFormat ?? configuration.logFormat
    logsAccess = flags.logsAccess || configuration.logsAccess || logLevel >= 3
    server = configuration.server
    notes = configuration.notes
    apply(flags)
    if routeLines.isEmpty, routesFile == nil {
      notes.append(
        ConfigurationNote(
          .error, source: path ?? "command line",
          text: "there are no routes: name one with --route '* localhost:8080', or a pushpin.conf with --config"))
    }
    notes += server.validate().map { ConfigurationNote(.error, source: path ?? "command line", text: $0.description) }
    notes += readRoutes().notes
  }

  /// Whether the edge may start.
  package var hasErrors: Bool { notes.contains { $0.gravity == .error } }

  /// Reads the routes, now. A line with a problem is left out and named.
  package func readRoutes() -> (table: RouteTable, notes: [ConfigurationNote]) {
    let parser = RouteParser { path in
      try SystemFile.read(SystemFile.path(path, besides: routesFile ?? ""))
    }
    let reading: RouteParser.Reading
    if let routesFile {
      do {
        reading = parser.read(
          text: String(decoding: try SystemFile.read(routesFile), as: UTF8.self), source: routesFile)
      } catch {
        return (RouteTable([]), [ConfigurationNote(.error, source: routesFile, text: "\(error)")])
      }
    } else {
      reading = parser.read(lines: routeLines, source: "--route")
    }
    var notes = reading.problems.map {
      ConfigurationNote(.warning, source: $0.source, line: $0.line, text: "\($0.text); the line is left out")
    }
    if reading.table.routes.isEmpty, routesFile != nil || !routeLines.isEmpty {
      notes.append(ConfigurationNote(.error, source: routesFile ?? "--route", text: "there is no usable route"))
    }
    return (reading.table, notes)
  }

  private mutating func apply(_ flags: EdgeFlags) {
    if let text = flags.port {
      if let address = PushpinConfiguration.address(text) {
        server.edge.listen = [address]
        // The file's own complaint about ports is settled.
        notes.removeAll { $0.text.hasPrefix("no server ports configured") }
      } else {
        notes.append(ConfigurationNote(.error, source: "--port", text: "'\(text)' is no [address:]port"))
      }
    }
    if let text = flags.control { applyControl(text) }
    if let text = flags.metrics {
      if let address = PushpinConfiguration.address(text) {
        server.metrics.listen = [address]
      } else {
        notes.append(ConfigurationNote(.error, source: "--metrics", text: "'\(text)' is no [address:]port"))
      }
    }
    if let text = flags.signatureKey, let key = key(text, flag: "--sig-key") {
      server.edge.signatureKey = key
      notes.removeAll { $0.text.hasPrefix("sig_key") }
      if server.edge.signatureIssuer.isEmpty { server.edge.signatureIssuer = "pushpin" }
      if text == "changeme" {
        notes.append(ConfigurationNote(.warning, source: "--sig-key", text: "ANYBODY can sign with 'changeme'"))
      }
    }
    if let issuer = flags.signatureIssuer { server.edge.signatureIssuer = issuer }
    if let text = flags.upstreamKey, let key = key(text, flag: "--upstream-key") { server.edge.upstreamKey = key }
    guard flags.instance > 0 else { return }
    for index in server.edge.listen.indices where server.edge.listen[index].port != 0 {
      server.edge.listen[index].port += flags.instance * 10
    }
    for index in server.metrics.listen.indices where server.metrics.listen[index].port != 0 {
      server.metrics.listen[index].port += flags.instance * 10
    }
    for index in server.control.listen.indices where server.control.listen[index].port != 0 {
      server.control.listen[index].port += flags.instance * 10
    }
  }

  private mutating func applyControl(_ text: String) {
    if text == "off" {
      server.control.listen = []
      return
    }
    // A port alone is this machine's, unlike the clients' one.
    let address =
      text.contains(":")
      ? PushpinConfiguration.address(text)
      : UInt16(text).map { ListenAddress(port: Int($0)) }
    guard let address else {
      notes.append(ConfigurationNote(.error, source: "--control", text: "'\(text)' is no [address:]port, nor off"))
      return
    }
    server.control.listen = [address]
    // What a file allows for its own address it does not allow for this one.
    server.control.allowsOpenNetwork = false
    notes.removeAll { $0.text.hasPrefix("EVERYBODY who reaches") || $0.text.hasPrefix("push_in_http_addr") }
  }

  private mutating func key(_ text: String, flag: String) -> GRIPKey? {
    do throws(GRIPDecodingError) {
      return try GRIPKey.parse(text) { try SystemFile.read($0) }
    } catch {
      notes.append(ConfigurationNote(.error, source: flag, text: error.description))
      return nil
    }
  }
}
