import Foundation

/// A real Prosody, started in a folder of its own on free loopback ports, with certificates of a test's authority.
///
/// It keeps its folder and ports over `stop`, `kill` and `start`, so that what was in it comes back.
package final class ProsodyServer {
  /// What it is to be. Everything has a default; the rest of Prosody's options fit into `globalLines` and `hostLines`.
  package struct Settings {
    /// The domains whose accounts it keeps.
    package var hosts = ["montague.example"]
    /// Domain to secret of those that external components serve.
    package var components: [String: String] = [:]
    /// The loopback address that it listens on, for servers that are to be told apart.
    package var loopback = "127.0.0.1"
    /// The port for other servers; a free one where it is `nil`.
    package var serverPort: UInt16?
    /// Whether clients must use TLS before they log in.
    package var requiresEncryption = true
    /// Whether clients may register accounts (XEP-0077).
    package var allowsRegistration = false
    /// Modules beside the usual ones.
    package var modules: [String] = []
    /// Modules that it is to do without.
    package var modulesDisabled: [String] = []
    /// Lines of Prosody's configuration for all hosts.
    package var globalLines = ""
    /// Lines of Prosody's configuration for one host or component.
    package var hostLines: [String: String] = [:]
    /// `debug`, `info`, `warn` or `error`.
    package var logLevel = "info"
    /// Names of a host's certificate that differ from the host's own.
    package var certificateNames: [String: [String]] = [:]
    /// Who signs; an authority of its own where it is `nil`.
    package var authority: CertificateAuthority?

    /// The defaults.
    package init() {}
  }

  /// Where clients connect, with STARTTLS.
  package let clients: Address
  /// Where clients connect with TLS from the first byte.
  package let directClients: Address
  /// Where other servers connect.
  package let servers: Address
  /// Where components connect.
  package let components: Address
  /// Who signed its certificates.
  package let authority: CertificateAuthority
  private let settings: Settings
  private let folder: TemporaryFolder
  private var process: ChildProcess?

  /// Whether it is installed.
  package static var isInstalled: Bool { ["prosody", "prosodyctl", "openssl"].allSatisfy(Command.exists) }

  /// What it has written since its last start.
  package var log: OutputLog? { process?.log }
  /// The process id while it runs.
  package var processID: Int32? { process?.id }

  /// Writes its configuration and certificates, and starts it.
  package init(_ settings: Settings = Settings()) throws {
    guard Self.isInstalled else {
      throw TestFailure("Prosody is not installed (apt-get install prosody openssl); `make test` installs it")
    }
    self.settings = settings
    folder = try TemporaryFolder()
    authority = try settings.authority ?? CertificateAuthority()
    func address(_ port: UInt16? = nil) throws -> Address {
      Address(host: settings.loopback, port: try port ?? Address.free().port)
    }
    (clients, directClients, components) = (try address(), try address(), try address())
    servers = try address(settings.serverPort)
    try FileManager.default.createDirectory(atPath: folder.file("certs"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: folder.file("data"), withIntermediateDirectories: true)
    for host in settings.hosts + Array(settings.components.keys) {
      try authority.issue(for: settings.certificateNames[host] ?? [host], file: folder.file("certs/\(host)"))
    }
    try FileManager.default.copyItem(atPath: authority.rootFile, toPath: folder.file("ca.pem"))
    try folder.write("prosody.cfg.lua", configuration)
    try start()
  }

  /// Starts it again after `stop` or `kill`, and waits until it accepts connections.
  package func start() throws {
    guard process == nil else { return }
    let started = try ChildProcess("prosody", ["-F", "--config", folder.file("prosody.cfg.lua")])
    process = started
    let deadline = Deadline(in: .seconds(60))
    let ports = [clients, directClients, servers] + (settings.components.isEmpty ? [] : [components])
    for port in ports {
      while (try? TCPConnection(to: port)) == nil {
        if started.endingSoFar != nil || deadline.hasPassed {
          throw TestFailure("Prosody does not listen on \(port)\n\(started.log.tail())")
        }
        Thread.sleep(forTimeInterval: 0.02)
      }
    }
  }

  /// Ends it in its own manner: it says goodbye to everybody.
  package func stop() throws {
    defer { process = nil }
    try process?.stop()
  }

  /// Ends it without a word.
  package func kill() throws {
    defer { process = nil }
    try process?.kill()
  }

  /// Sends it a signal: `SIGSTOP` makes it deaf and dumb with all its connections open, `SIGCONT` wakes it.
  package func signal(_ number: Int32) { process?.signal(number) }

  /// Makes an account with `prosodyctl`; it may run meanwhile.
  package func addUser(_ name: String, host: String? = nil, password: String) throws {
    try Command.run(
      "prosodyctl",
      ["--config", folder.file("prosody.cfg.lua"), "register", name, host ?? settings.hosts[0], password])
  }

  /// Makes many accounts at once, in the form in which Prosody stores them before it has hashed a password.
  ///
  /// - Parameter names: letters and digits only.
  package func addUsers(_ names: [String], host: String? = nil, password: String) throws {
    let directory = Self.stored(host ?? settings.hosts[0])
    for name in names {
      try folder.write("data/\(directory)/accounts/\(name).dat", "return { [\"password\"] = \"\(password)\"; };\n")
    }
  }

  /// A file in its folder: `prosody.cfg.lua`, `ca.pem`, `certs/HOST.crt`, `data/…`.
  package func file(_ name: String) -> String { folder.file(name) }

  deinit { try? process?.kill() }

  private static func stored(_ host: String) -> String {
    host.utf8.map { byte in
      let isPlain = (48...57).contains(byte) || (97...122).contains(byte)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + String(byte, radix: 16)
    }.joined()
  }

  private var configuration: String {
    let modules =
      [
        "roster", "saslauth", "tls", "dialback", "disco", "private", "vcard4", "vcard_legacy", "version", "ping",
        "register", "pep", "smacks", "mam", "carbons", "blocklist",
      ] + (settings.allowsRegistration ? ["register_ibr"] : []) + settings.modules
    var lines = [
      "run_as_root = true",
      "pidfile = \"\(folder.file("prosody.pid"))\"",
      "data_path = \"\(folder.file("data"))\"",
      "certificates = \"\(folder.file("certs"))\"",
      "ssl = { cafile = \"\(folder.file("ca.pem"))\" }",
      "log = { \(settings.logLevel) = \"*console\" }",
      "interfaces = { \"\(settings.loopback)\" }",
      "component_interfaces = { \"\(settings.loopback)\" }",
      "c2s_ports = { \(clients.port) }",
      "c2s_direct_tls_ports = { \(directClients.port) }",
      "s2s_ports = { \(servers.port) }",
      "component_ports = { \(components.port) }",
      "http_ports = {}",
      "https_ports = {}",
      "modules_enabled = { \(Self.list(modules)) }",
      "modules_disabled = { \(Self.list(settings.modulesDisabled)) }",
      "allow_registration = \(settings.allowsRegistration)",
      "c2s_require_encryption = \(settings.requiresEncryption)",
      "authentication = \"internal_hashed\"",
      // The least that the RFC allows: nobody's passwords, and a thousand logins in a test.
      "default_iteration_count = 4096",
      "storage = \"internal\"",
      settings.globalLines,
    ]
    for host in settings.hosts {
      lines += ["VirtualHost \"\(host)\"", settings.hostLines[host] ?? ""]
    }
    for (domain, secret) in settings.components.sorted(by: { $0.key < $1.key }) {
      lines += [
        "Component \"\(domain)\"", "component_secret = \"\(secret)\"", settings.hostLines[domain] ?? "",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
}
