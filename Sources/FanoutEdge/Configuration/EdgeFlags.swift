package import ServerKit

/// The command line of `fanout-edge`, which is that of `pushpin` and a little more.
///
/// **Spec**: GRIP proxy §22.2. A parser of our own keeps the executable small.
package struct EdgeFlags: Sendable, Hashable {
  /// What is wrong with the command line.
  package struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    /// One line.
    package let description: String
  }

  /// The configuration file; `nil` looks in the usual places.
  package var config: String?
  /// `[address:]port` for clients, instead of what the file says.
  package var port: String?
  /// Routes, instead of the routes file.
  package var routes: [String] = []
  /// `[address:]port` for publishers, instead of what the file says; `off` for none.
  package var control: String?
  /// The key of `Grip-Sig`.
  package var signatureKey: String?
  /// Its issuer.
  package var signatureIssuer: String?
  /// What a proxy in front proves itself with.
  package var upstreamKey: String?
  /// A file for the log; `nil` is standard error.
  package var logFile: String?
  /// How log lines look; `nil` as the file says.
  package var logFormat: LogFormat?
  /// Whether every request is logged.
  package var logsAccess = false
  /// `[address:]port` or `ipc://path` for metrics, instead of what the file says.
  package var metrics: String?
  /// 0 to 4.
  package var logLevel: Int?
  /// The number of this instance: ports move by ten times it.
  package var instance = 0
  /// Only look whether the configuration is good.
  package var isCheck = false
  package var showsHelp = false
  package var showsVersion = false

  /// No flags.
  package init() {}

  /// Reads arguments, without the program's name. Words that are no flags are left out, as Pushpin does.
  package init(_ arguments: [String]) throws(Problem) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument != "-" else { continue }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let name = parts[0]
      if try setSwitch(name, hasValue: parts.count > 1) { continue }
      guard Self.valued.contains(name) else { throw Problem(description: "unknown option \(name); see --help") }
      guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
        throw Problem(description: "\(name) needs a value; see --help")
      }
      try set(name, value)
    }
  }

  private static let valued: Set<String> = [
    "--config", "--port", "--route", "--control", "--sig-key", "--sig-iss", "--upstream-key", "--logfile", "--loglevel",
    "--id", "--log-format", "--metrics",
  ]

  private mutating func setSwitch(_ name: String, hasValue: Bool) throws(Problem) -> Bool {
    switch name {
    case "--verbose": logLevel = 3
    case "--check": isCheck = true
    case "--access-log": logsAccess = true
    case "--help", "-h": showsHelp = true
    case "--version", "-v": showsVersion = true
    case "--merge-output", "-m": break
    default: return false
    }
    if hasValue { throw Problem(description: "\(name) takes no value") }
    return true
  }

  private mutating func set(_ name: String, _ value: String) throws(Problem) {
    switch name {
    case "--config": config = value
    case "--port": port = value
    case "--route": routes.append(value)
    case "--control": control = value
    case "--sig-key": signatureKey = value
    case "--sig-iss": signatureIssuer = value
    case "--upstream-key": upstreamKey = value
    case "--logfile": logFile = value
    case "--metrics": metrics = value
    case "--log-format":
      guard let format = LogFormat(rawValue: value) else {
        throw Problem(description: "--log-format takes text or json, not '\(value)'")
      }
      logFormat = format
    case "--loglevel":
      guard let level = Self.level(value) else {
        throw Problem(description: "--loglevel takes a number from 0 (errors) to 4 (everything)")
      }
      logLevel = level
    default:
      guard let number = Int(value), (0...100).contains(number) else {
        throw Problem(description: "--id takes a number from 0 to 100")
      }
      instance = number
    }
  }

  /// `2`, or Pushpin's list `2,proxy:3`, of which the number without a name counts; 2 where there is none.
  static func level(_ text: String) -> Int? {
    let elements = text.split(separator: ",").map { $0.trimmingBlanks() }
    for element in elements {
      if let level = Int(element) { return (0...4).contains(level) ? level : nil }
      guard element.contains(":") else { return nil }
    }
    return elements.isEmpty ? nil : 2
  }

  /// The text of `--help`.
  package static let help = """
    usage: fanout-edge [options]

    A GRIP proxy: forwards requests to origins, holds those that are to be held, and delivers published items.

      --config FILE          a fanout.yaml or a pushpin.conf; otherwise ./fanout.yaml, ./config/pushpin.conf,
                             ./pushpin.conf, ./examples/config/pushpin.conf, /etc/fanout/fanout.yaml,
                             /etc/pushpin/pushpin.conf
      --port [ADDR:]PORT     listen here for clients; 0 picks a free port
      --route 'LINE'         a route instead of the routes file, repeatable: '* localhost:8080'
      --control [ADDR:]PORT  listen here for publishers; off for none
      --sig-key KEY          sign requests to origins: text, base64:… or file:…
      --sig-iss NAME         the issuer in the signature
      --upstream-key KEY     trust requests that a proxy in front has signed with it
      --id N                 move all ports by 10·N
      --logfile FILE         log there instead of to standard error
      --loglevel N           0 errors, 1 warnings, 2 notices, 3 connections and requests, 4 everything
      --log-format FORMAT    text or json
      --access-log           log every request
      --metrics [ADDR:]PORT  serve Prometheus metrics here (or ipc://PATH); the control address has them at /metrics anyway
      --verbose              like --loglevel 3
      --merge-output, -m     accepted, and means nothing: there is one log
      --check                say what is wrong with the configuration, and end
      --version, --help

    Settings are described by `fanout print-config --reference`; each is also read from the environment (FANOUT_…).
    The routes are read again when their file changes, and at SIGHUP, which also opens the log file anew.
    SIGTERM and SIGINT stop without haste; a second one at once.
    """
}
