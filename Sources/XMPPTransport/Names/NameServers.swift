package import NIOCore

/// Whom to ask for names, and how patiently.
///
/// **Spec**: resolv.conf(5): `nameserver`, `options timeout:N attempts:N`. Names are absolute here: `search` and `ndots`
/// have no say.
package struct NameServers: Sendable {
  /// The servers, in the order in which they are asked. At most three of a file are used, as the C library does.
  package var servers: [SocketAddress]
  /// How long one server is waited for; default 5 s, 1 to 30 s.
  package var timeout: TimeAmount = .seconds(5)
  /// How often all of them are asked; default 2, 1 to 5.
  package var attempts = 2

  /// Servers with the default patience.
  package init(servers: [SocketAddress]) { self.servers = servers }

  /// What the text of a `resolv.conf` says; without a `nameserver` line it is the machine's own.
  package init(resolvConf text: String) {
    servers = []
    for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") && !line.hasPrefix(";") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      switch words.first {
      case "nameserver":
        guard words.count > 1, servers.count < 3,
          let address = try? SocketAddress(ipAddress: String(words[1]), port: 53)
        else { continue }
        servers.append(address)
      case "options":
        for option in words.dropFirst() {
          if option.hasPrefix("timeout:"), let seconds = Int64(option.dropFirst(8)) {
            timeout = .seconds(min(max(seconds, 1), 30))
          } else if option.hasPrefix("attempts:"), let count = Int(option.dropFirst(9)) {
            attempts = min(max(count, 1), 5)
          }
        }
      default: continue
      }
    }
    if servers.isEmpty, let own = try? SocketAddress(ipAddress: "127.0.0.1", port: 53) { servers = [own] }
  }

  /// What this machine's `/etc/resolv.conf` says now.
  package static func system() -> NameServers {
    NameServers(resolvConf: SmallFile.text("/etc/resolv.conf") ?? "")
  }
}

/// The names that a hosts file gives addresses to.
///
/// **Spec**: hosts(5).
package struct HostsFile: Sendable {
  private let addresses: [String: [String]]

  /// What the text of a file says.
  package init(_ text: String) {
    var addresses: [String: [String]] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard let address = words.first else { continue }
      for name in words.dropFirst() { addresses[name.lowercased(), default: []].append(String(address)) }
    }
    self.addresses = addresses
  }

  /// What this machine's `/etc/hosts` says now.
  package static func system() -> HostsFile { HostsFile(SmallFile.text("/etc/hosts") ?? "") }

  /// The addresses of a name, none where the file does not have it. `localhost` is always this machine (RFC 6761 §6.3).
  package func addresses(of name: String) -> [String] {
    if let found = addresses[name] { return found }
    return name == "localhost" || name.hasSuffix(".localhost") ? ["127.0.0.1", "::1"] : []
  }
}
