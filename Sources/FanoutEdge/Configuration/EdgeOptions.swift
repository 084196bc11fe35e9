import ServerKit

/// All settings of an edge, in the order in which they are shown.
package enum EdgeOptions {
  /// The settings.
  package static let all: [EdgeOption] =
    EdgeOption.connections + EdgeOption.forwarding + EdgeOption.origins + EdgeOption.sockets
    + EdgeOption.socketsOverHTTP + EdgeOption.sockjs
    + EdgeOption.publishing + EdgeOption.delivery + EdgeOption.rates
    + EdgeOption.zeroMQ + EdgeOption.statistics + EdgeOption.operation

  /// The prefix of environment variables.
  package static let prefix = "FANOUT"

  private static let byName: [String: EdgeOption] = Dictionary(
    uniqueKeysWithValues: all.map { (normalized($0.key), $0) })
  private static let byPushpinKey: [String: EdgeOption] = Dictionary(
    uniqueKeysWithValues: all.flatMap { option in option.pushpinKeys.map { ($0, option) } })
  private static let byVariable: [String: EdgeOption] = Dictionary(
    uniqueKeysWithValues: all.map { ($0.description.variable(prefix: prefix), $0) })

  /// The setting of a name as `fanout.yaml` has it; case, `-`, `_` and `.` make no difference.
  package static func named(_ name: String) -> EdgeOption? { byName[normalized(name)] }

  /// The setting of a key of `pushpin.conf`, `section/key`. In the section `fanout` the names are those of `fanout.yaml`.
  static func pushpin(_ path: String) -> EdgeOption? {
    path.hasPrefix("fanout/") ? named(String(path.dropFirst(7))) : byPushpinKey[path]
  }

  /// The setting of a variable, such as `FANOUT_ORIGINS_CONNECTIONS`.
  static func variable(_ name: String) -> EdgeOption? { byVariable[name] }

  /// Names of variables, for suggestions.
  static var variables: [String] { Array(byVariable.keys) }

  private static func normalized(_ name: String) -> String {
    name.lowercased().filter { $0 != "-" && $0 != "_" && $0 != "." }
  }
}

extension ListenAddress {
  /// As `ListenAddressText` reads it.
  package var text: String {
    var parameters = expectsProxyHeader ? ["proxy_protocol"] : []
    if allowsHTTP2 != isSecure { parameters.append("http2=\(allowsHTTP2)") }
    if let local {
      parameters += local.mode.map { ["mode=" + String($0, radix: 8)] } ?? []
      parameters += local.user.map { ["user=" + $0] } ?? []
      parameters += local.group.map { ["group=" + $0] } ?? []
    }
    return (local?.path ?? description) + (parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&"))
  }
}

extension ForwardedForRule {
  /// As it is written: `truncate:N, append`.
  package var text: String {
    ((keptCount.map { ["truncate:\($0)"] } ?? []) + (appendsPeer ? ["append"] : [])).joined(separator: ", ")
  }
}
