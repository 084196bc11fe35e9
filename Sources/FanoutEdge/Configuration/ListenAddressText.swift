/// Listening addresses as configuration files write them: what Pushpin has, and what it has not behind a `?`.
///
/// **Shape**: `[address:]port[?parameters]` or `path[?parameters]`; parameters are `name[=value]`, separated by `&`:
/// `proxy_protocol` and `http2` (true or false, true without a value), and for paths `mode`, `user` and `group`.
/// **Spec**: GRIP proxy §2.2, §2.3, §22.1.
package enum ListenAddressText {
  /// What is wrong with an address.
  package struct Fault: Error, Sendable, Hashable {
    /// One line.
    package let text: String
  }

  /// Reads `[address:]port`. Without an address it is every address, as Pushpin has it.
  package static func network(_ text: String, isSecure: Bool) throws(Fault) -> ListenAddress {
    let (place, parameters) = try split(text)
    guard var address = PushpinConfiguration.address(place) else {
      throw Fault(text: "'\(place)' is no [address:]port")
    }
    address.isSecure = isSecure
    for (name, value) in parameters { try set(name, value, of: &address) }
    return address
  }

  /// Reads `path`.
  package static func local(_ text: String) throws(Fault) -> ListenAddress {
    let (path, parameters) = try split(text)
    guard (1...LocalSocketFile.maxPathBytes).contains(path.utf8.count) else {
      throw Fault(text: "the path of a Unix socket has 1 to \(LocalSocketFile.maxPathBytes) bytes")
    }
    var socket = LocalSocket(path: path)
    var others: [(String, String?)] = []
    for (name, value) in parameters {
      switch name {
      case "mode":
        guard let value, (1...4).contains(value.utf8.count), let mode = UInt32(value, radix: 8), mode <= 0o777 else {
          throw Fault(text: "mode is an octal number up to 777")
        }
        socket.mode = mode
      case "user": socket.user = try named(name, value)
      case "group": socket.group = try named(name, value)
      default: others.append((name, value))
      }
    }
    var address = ListenAddress(local: socket)
    for (name, value) in others { try set(name, value, of: &address) }
    return address
  }

  private static func split(_ text: String) throws(Fault) -> (place: String, parameters: [(String, String?)]) {
    guard let mark = text.firstIndex(of: "?") else { return (text, []) }
    var parameters: [(String, String?)] = []
    for part in text[text.index(after: mark)...].split(separator: "&") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard !parameters.contains(where: { $0.0 == pair[0] }) else { throw Fault(text: "\(pair[0]) is given twice") }
      parameters.append((pair[0], pair.count > 1 ? pair[1] : nil))
    }
    return (String(text[..<mark]), parameters)
  }

  private static func set(_ name: String, _ value: String?, of address: inout ListenAddress) throws(Fault) {
    switch name {
    case "proxy_protocol": address.expectsProxyHeader = try flag(name, value)
    case "http2": address.allowsHTTP2 = try flag(name, value)
    default:
      throw Fault(
        text: "there is no parameter '\(name)'; there are proxy_protocol and http2, and for a path mode, user and group"
      )
    }
  }

  private static func flag(_ name: String, _ value: String?) throws(Fault) -> Bool {
    switch value {
    case nil, "true": return true
    case "false": return false
    default: throw Fault(text: "\(name) is true or false")
    }
  }

  private static func named(_ name: String, _ value: String?) throws(Fault) -> String {
    guard let value, !value.isEmpty else { throw Fault(text: "\(name) needs a name") }
    return value
  }
}
