/// Reads a target section (GRIP §3.4).
struct OriginTargetParser {
  /// Names of properties, for suggestions.
  static let names = [
    "ssl", "insecure", "host", "trust_connect_host", "untrusted", "trusted", "over_http", "one_event", "sub",
    "client_cert", "client_key", "ipc_file_mode",
  ]

  /// Whether a file can be read; its path is as written.
  let isReadable: (String) -> Bool
  /// The path of a file from the edge's working directory.
  let resolve: (String) -> String

  /// The target of a section, and what is said of properties that do nothing.
  func target(from section: RouteTokenizer.Section) throws(RouteFault) -> (OriginTarget, [RouteFault]) {
    var target: OriginTarget
    do throws(RouteFault) { target = try address(section.value) } catch { throw error.at(section.column) }
    var remarks: [RouteFault] = []
    for property in section.properties {
      do throws(RouteFault) {
        if let remark = try apply(property, to: &target) { remarks.append(RouteFault(remark, column: property.column)) }
      } catch {
        throw error.at(property.column)
      }
    }
    if target.clientKey != nil, target.clientCertificate == nil {
      throw RouteFault("client_key needs client_cert", column: section.column)
    }
    return (target, remarks)
  }

  private func address(_ text: String) throws(RouteFault) -> OriginTarget {
    if text == "test" { return .test }
    if text.hasPrefix("zhttp/") || text.hasPrefix("zhttpreq/") {
      throw RouteFault("the target \(text.prefix { $0 != "/" }) is not supported by this version; write host:port")
    }
    guard let colon = text.lastIndex(of: ":") else { throw RouteFault("target bad format: write host:port") }
    do throws(HeadFault) { try RequestHeadReader.checkAuthority(String(text)) } catch {
      throw RouteFault("target bad format: write host:port or [v6]:port")
    }
    guard let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port) else {
      throw RouteFault("target invalid port: 1 to 65535")
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return OriginTarget(host: String(host), port: port)
  }

  /// Takes one property over. Returns what is to be said of one that has no effect.
  private func apply(
    _ property: RouteTokenizer.Property, to target: inout OriginTarget
  ) throws(RouteFault) -> String? {
    switch property.name {
    case "ssl": target.isSecure = try RouteFlag.read(property)
    case "insecure": target.isUnverified = try RouteFlag.read(property)
    case "trust_connect_host": target.trustConnectHost = try RouteFlag.read(property)
    case "untrusted": target.isUntrusted = try RouteFlag.read(property)
    case "trusted": target.isUntrusted = try !RouteFlag.read(property)
    case "over_http": target.isOverHTTP = try RouteFlag.read(property)
    case "one_event": target.isOneEvent = try RouteFlag.read(property)
    case "sub":
      guard let channel = property.value, !channel.isEmpty else { throw RouteFault("sub needs a channel name") }
      target.implicitChannels.append(channel)
    case "host":
      let host = property.value ?? ""
      do throws(HeadFault) { try RequestHeadReader.checkAuthority(host) } catch {
        throw RouteFault("host: \(error.text)")
      }
      target.hostReplacement = host
    case "client_cert": target.clientCertificate = try file(property)
    case "client_key": target.clientKey = try file(property)
    case "ipc_file_mode": return "ipc_file_mode belongs to zhttp targets, which this version does not have"
    default:
      return "unknown target property \(property.name)" + RouteFlag.suggestion(property.name, among: Self.names)
    }
    return nil
  }

  private func file(_ property: RouteTokenizer.Property) throws(RouteFault) -> String {
    guard let path = property.value, !path.isEmpty else { throw RouteFault("\(property.name) needs a PEM file") }
    guard isReadable(path) else { throw RouteFault("\(property.name): \(path) cannot be read") }
    return resolve(path)
  }
}
