/// Where a server listens: `127.0.0.1:8080`, `[::1]:8080`, `localhost:0` (0 picks a free port).
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// A name or an address, without brackets.
  package var host: String
  /// 0 to 65535.
  package var port: Int

  /// An address.
  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `HOST:PORT`; `nil` where the text is none. A port alone stands for `127.0.0.1`, `*` for every address.
  package init?(_ text: String) {
    guard !text.isEmpty else { return nil }
    var host: Substring = "127.0.0.1"
    var portText = Substring(text)
    if let colon = text.lastIndex(of: ":") {
      host = text[..<colon]
      portText = text[text.index(after: colon)...]
    }
    guard let port = Int(portText), (0...65535).contains(port), portText.allSatisfy(\.isNumber) else { return nil }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty, !host.contains(where: { $0 == " " || $0 == "/" || $0 == "@" }) else { return nil }
    self.init(host: host == "*" ? "0.0.0.0" : String(host), port: port)
  }

  package var description: String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// Whether only this machine can reach it.
  package var isLoopback: Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }
}
