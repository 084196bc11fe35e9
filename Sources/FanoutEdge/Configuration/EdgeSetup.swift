package import ServerKit

/// An edge as its command line, the environment and its files describe it, in this order of weight.
package struct EdgeSetup: Sendable {
  /// All that is set.
  package private(set) var settings: EdgeSettings
  /// What its owner should read.
  package private(set) var notes: [ConfigurationNote]
  /// Where the settings come from that are not their defaults, by name.
  package private(set) var places: [String: String]
  /// The configuration file; `nil` where there is none.
  package let path: String?
  private var routes: RouteSource

  private static let places = [
    "fanout.yaml", "config/pushpin.conf", "pushpin.conf", "examples/config/pushpin.conf", "/etc/fanout/fanout.yaml",
    "/etc/pushpin/pushpin.conf",
  ]

  /// Reads what the flags name.
  ///
  /// - Parameter environment: of it what begins with `FANOUT_` counts.
  package init(_ flags: EdgeFlags, environment: [String: String] = [:]) {
    path = flags.config ?? Self.places.first(where: SystemFile.isReadable)
    routes = RouteSource(lines: flags.routes)
    settings = EdgeSettings()
    notes = []
    places = [:]
    if let path { read(path, flags: flags) }
    for (name, text) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(EdgeOptions.prefix + "_") {
      apply(variable: name, text)
    }
    if flags.routes.isEmpty, routes.isEmpty, let file = settings.routesFile { routes = RouteSource(file: file) }
    if !flags.routes.isEmpty { places["routes-file"] = "--route" }
    apply(flags)
    if routes.isEmpty {
      notes.append(
        ConfigurationNote(
          .error, source: path ?? "command line",
          text: "there are no routes: name one with --route '* localhost:8080', or a file with --config"))
    }
    notes += settings.openZeroMQNotes(source: path ?? "environment")
    noteMissingCertificates()
    notes += settings.server.validate().map {
      ConfigurationNote(.error, source: path ?? "command line", text: $0.description)
    }
    notes += readRoutes().notes
  }

  /// The configuration of the server.
  package var server: EdgeServerConfiguration { settings.server }

  /// 0 errors to 4 everything.
  package var logLevel: Int { settings.logLevel }

  /// How log lines look.
  package var logFormat: LogFormat { settings.logFormat }

  /// Whether every request is logged.
  package var logsAccess: Bool { settings.logsAccess || logLevel >= 3 }

  /// Whether the edge may start.
  package var hasErrors: Bool { notes.contains { $0.gravity == .error } }

  /// The file whose change means other routes; `nil` where they stand on the command line.
  package var watchedFile: String? { routes.file }

  /// Reads the routes, now. A line with a problem is left out and named.
  package func readRoutes() -> (table: RouteTable, notes: [ConfigurationNote]) { routes.read() }

  private mutating func read(_ path: String, flags: EdgeFlags) {
    if path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
      let configuration = FanoutConfiguration(path: path)
      (settings, notes, places) = (configuration.settings, configuration.notes, configuration.places)
      if flags.routes.isEmpty, configuration.routes != nil { routes = RouteSource(yaml: path) }
      shiftPorts(by: settings.portOffset)
      settings.portOffset = 0
      return
    }
    let configuration = PushpinConfiguration(path: path, instance: flags.instance)
    (settings, notes, places) = (configuration.settings, configuration.notes, configuration.places)
    // The ports have it in them.
    settings.portOffset = 0
  }

  private mutating func apply(variable name: String, _ text: String) {
    guard let option = EdgeOptions.variable(name) else {
      let suggestion = NearestName.find(name, among: EdgeOptions.variables).map { "; did you mean \($0)?" } ?? ""
      notes.append(
        ConfigurationNote(.warning, source: "environment", text: "\(name) is no setting; it is ignored\(suggestion)"))
      return
    }
    places[option.key] = "environment (\(name))"
    let input = EdgeOption.Input(text: text, source: "", readFile: { try SystemFile.read($0) })
    if let fault = option.apply(input, isPushpin: false, to: &settings) {
      notes.append(ConfigurationNote(fault.gravity, source: "environment", text: "\(name): \(fault.text)"))
    }
  }

  private mutating func apply(_ flags: EdgeFlags) {
    if let text = flags.port {
      if let address = PushpinConfiguration.address(text) {
        settings.server.edge.listen = [address]
        places["listen"] = "--port"
        // The file's own complaint about ports is settled.
        notes.removeAll { $0.text.hasPrefix("no server ports configured") }
      } else {
        notes.append(ConfigurationNote(.error, source: "--port", text: "'\(text)' is no [address:]port"))
      }
    }
    if let level = flags.logLevel {
      settings.logLevel = level
      places["log-level"] = "--loglevel"
    }
    if let format = flags.logFormat {
      settings.logFormat = format
      places["log-format"] = "--log-format"
    }
    if flags.logsAccess {
      settings.logsAccess = true
      places["access-log"] = "--access-log"
    }
    if let text = flags.control { applyControl(text) }
    if let text = flags.metrics { apply(key: "metrics.listen", text, flag: "--metrics") }
    if let text = flags.signatureKey { apply(key: "signature.key", text, flag: "--sig-key") }
    if let issuer = flags.signatureIssuer {
      settings.server.edge.signatureIssuer = issuer
      places["signature.issuer"] = "--sig-iss"
    }
    if settings.server.edge.signatureKey != nil, settings.server.edge.signatureIssuer.isEmpty {
      settings.server.edge.signatureIssuer = "pushpin"
    }
    if let text = flags.upstreamKey { apply(key: "upstream-key", text, flag: "--upstream-key") }
    shiftPorts(by: flags.instance * 10)
  }

  /// An edge without certificates starts, since they may come later; until then it has nothing to say to anybody.
  private mutating func noteMissingCertificates() {
    let directory = settings.server.edge.tls.certificateDirectory
    guard settings.server.edge.listen.contains(where: \.isSecure), !directory.isEmpty,
      !SystemFile.isReadable(directory)
    else { return }
    notes.append(
      ConfigurationNote(
        .warning, source: path ?? "environment",
        text:
          "TLS is listened for, and \(directory) cannot be read: every handshake is refused until certificates are there"
      ))
  }

  private mutating func shiftPorts(by offset: Int) {
    guard offset > 0 else { return }
    for index in settings.server.edge.listen.indices where settings.server.edge.listen[index].port != 0 {
      settings.server.edge.listen[index].port += offset
    }
    for index in settings.server.control.listen.indices where settings.server.control.listen[index].port != 0 {
      settings.server.control.listen[index].port += offset
    }
    for index in settings.server.metrics.listen.indices where settings.server.metrics.listen[index].port != 0 {
      settings.server.metrics.listen[index].port += offset
    }
    settings.shiftZeroMQPorts(by: offset)
  }

  private mutating func applyControl(_ text: String) {
    guard text == "off" || EdgeSettings.controlAddress(text) != nil else {
      notes.append(ConfigurationNote(.error, source: "--control", text: "'\(text)' is no [address:]port, nor off"))
      return
    }
    settings.server.control.listen = EdgeSettings.controlAddress(text).map { [$0] } ?? []
    places["control.listen"] = "--control"
    if text == "off" { return }
    // What a file allows for its own address it does not allow for this one.
    settings.server.control.allowsOpenNetwork = false
    notes.removeAll { $0.text.hasPrefix("EVERYBODY who reaches") || $0.text.hasPrefix("push_in_http_addr") }
  }

  private mutating func apply(key name: String, _ text: String, flag: String) {
    guard let option = EdgeOptions.named(name) else { return }
    places[name] = flag
    if name == "signature.key" { notes.removeAll { $0.text.hasPrefix("sig_key") } }
    let input = EdgeOption.Input(text: text, source: "", readFile: { try SystemFile.read($0) })
    if let fault = option.apply(input, isPushpin: false, to: &settings) {
      notes.append(ConfigurationNote(fault.gravity, source: flag, text: fault.text))
    }
  }
}
