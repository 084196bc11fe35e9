package import GRIP
package import NIOCore

/// Where and from whom items are taken.
package struct ControlConfiguration: Sendable {
  /// Addresses to listen on; none turns the control API off. Default none.
  package var listen: [ListenAddress] = []
  /// Who may publish; empty lets everyone who can reach the address. Default empty.
  package var credentials: [ControlCredential] = []
  /// Whether an address that other machines reach may be open without credentials. Default false: `validate` refuses it.
  package var allowsOpenNetwork = false
  /// Names besides `localhost` and the loopback addresses that a request on a loopback address may carry as `Host`.
  package var allowedHosts: [String] = []
  /// Realms under which the API is also found, as `/realm/ID/publish/`. Default none.
  package var realms: [String] = []
  /// LIMIT: bytes of a request's head. Default 10,000 (`push_in_http_max_headers_size`).
  package var maxHeadBytes = 10_000
  /// LIMIT: bytes of a request's body. Default 1,000,000 (`push_in_http_max_body_size`).
  package var maxBodyBytes = 1_000_000
  /// LIMIT: publishers connected at once; beyond it none is accepted. Default 512.
  package var maxConnections = 512
  /// From the first byte of a request to its last. Default 30 s.
  package var requestTimeout = TimeAmount.seconds(30)
  /// A connection without a request. Default 60 s.
  package var idleTimeout = TimeAmount.seconds(60)

  /// Whether it answers metrics at every path, and nothing else but `/healthz` and `/readyz` (GRIP proxy §21.2).
  var servesMetricsOnly = false

  /// The defaults.
  package init() {}

  /// All that is wrong.
  package func validate() -> [EdgeConfigurationProblem] {
    var problems: [EdgeConfigurationProblem] = []
    func require(_ isRight: Bool, _ key: String, _ text: String) {
      if !isRight { problems.append(EdgeConfigurationProblem(key: "control.\(key)", text: text)) }
    }
    for address in listen {
      require((0...65_535).contains(address.port), "listen", "a port is a number from 0 to 65535")
      require(
        allowsOpenNetwork || !credentials.isEmpty || address.local != nil || Self.isLoopback(address.host), "listen",
        "\(address.host) is reached by other machines: name credentials, or allow an open network in words")
    }
    require(maxHeadBytes >= 256, "maxHeadBytes", "at least 256 bytes")
    require((256...1_000_000_000).contains(maxBodyBytes), "maxBodyBytes", "256 to 1,000,000,000 bytes")
    require(maxConnections >= 1, "maxConnections", "at least 1")
    return problems
  }

  /// Whether only this machine reaches an address.
  static func isLoopback(_ host: String) -> Bool {
    let host = host.lowercased()
    if host == "localhost" || host == "::1" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}

/// What a publisher proves itself with.
package enum ControlCredential: Sendable {
  /// `Authorization: Bearer` with a JWT of this key, and of this issuer where one is named.
  case jwt(issuer: String?, key: GRIPKey)
  /// `Authorization: Basic`.
  case basic(user: String, password: String)
  /// `Authorization: Bearer` with this text.
  case bearer(token: String)
}
