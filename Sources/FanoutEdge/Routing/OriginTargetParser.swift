/// Reads a target section (GRIP §3.4).
enum OriginTargetParser {
  /// The target of a section.
  static func target(from section: RouteTokenizer.Section) throws(RouteFault) -> OriginTarget {
    var target = try address(section.value)
    for property in section.properties { try apply(property, to: &target) }
    return target
  }

  private static func address(_ text: String) throws(RouteFault) -> OriginTarget {
    if text == "test" || text.hasPrefix("zhttp/") || text.hasPrefix("zhttpreq/") {
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

  private static func apply(
    _ property: RouteTokenizer.Property, to target: inout OriginTarget
  ) throws(RouteFault) {
    switch property.name {
    case "untrusted": target.isUntrusted = try RouteFlag.read(property)
    case "over_http": target.isOverHTTP = try RouteFlag.read(property)
    case "trust_connect_host": _ = try RouteFlag.read(property)  // Says something about certificates only.
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
    case "ssl", "insecure", "client_cert", "client_key", "ipc_file_mode":
      guard property.value.map({ ["false", "no", "0"].contains($0.lowercased()) }) == true
      else {
        throw RouteFault("the target property \(property.name) is not supported by this version")
      }
    default:
      throw RouteFault("unknown target property \(property.name)")
    }
  }
}
