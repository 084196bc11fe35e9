import FanoutBus
import GRIP
import NIOCore

// The options of `pushpin.conf`, one by one, in the order of GRIP proxy §22.1.
extension PushpinConfiguration {
  /// Takes one setting over.
  mutating func apply(_ entry: INIFile.Entry, readFile: (String) throws -> [UInt8]) {
    switch entry.section {
    case "global": applyGlobal(entry)
    case "runner": applyRunner(entry)
    case "proxy": applyProxy(entry, readFile: readFile)
    case "handler": applyHandler(entry, readFile: readFile)
    default: note(.warning, entry, "there is no section [\(entry.section)]; it is ignored")
    }
  }

  private mutating func applyGlobal(_ entry: INIFile.Entry) {
    switch entry.key {
    case "port_offset": portOffset = integer(entry, in: 0...60_000) ?? 0
    case "include", "rundir", "libdir", "ipc_prefix", "stats_connection_ttl", "stats_connection_send": break
    default: unknown(entry)
    }
  }

  private mutating func applyRunner(_ entry: INIFile.Entry) {
    switch entry.key {
    case "http_port":
      for text in entry.list {
        guard let address = Self.address(text) else {
          note(.error, entry, "'\(text)' is no [address:]port")
          continue
        }
        server.edge.listen.append(address)
      }
    case "https_ports", "local_ports": if !entry.list.isEmpty { unsupported(entry) }
    case "log_level": if let level = integer(entry, in: 0...4) { logLevel = level }
    case "client_buffer_size":
      if let bytes = integer(entry, in: 1024...16_777_216) {
        server.edge.requestLimits.maxHeadBytes = bytes
        server.edge.requestLimits.maxTargetBytes = min(server.edge.requestLimits.maxTargetBytes, bytes / 2)
      }
    case "client_maxconn": if let count = integer(entry, in: 1...10_000_000) { limitConnections(count, entry) }
    case "allow_compression": server.edge.sockets.allowsCompression = boolean(entry) ?? false
    case "log_format", "access_log", "shutdown_delay", "shutdown_spread", "shutdown_grace", "shutdown_limit":
      applyOperation(entry)
    case "services", "logdir", "rundir", "mongrel2_bin", "m2sh_bin", "zurl_bin", "condure_bin": break
    default: unknown(entry)
    }
  }

  private mutating func limitConnections(_ count: Int, _ entry: INIFile.Entry) {
    let possible = server.edge.maxConnections
    if count > possible {
      note(.warning, entry, "the system allows \(possible) connections; raise the limit of open files for more")
    }
    server.edge.maxConnections = max(server.edge.loopCount, min(count, possible))
  }

  private mutating func applyProxy(_ entry: INIFile.Entry, readFile: (String) throws -> [UInt8]) {
    switch entry.key {
    case "workers": if let count = integer(entry, in: 1...64) { server.edge.loopCount = count }
    case "routesfile": routesFile = SystemFile.path(entry.value, besides: entry.source)
    case "debug": server.edge.isDebug = boolean(entry) ?? false
    case "accept_x_forwarded_protocol": server.edge.passesForwardingFields = boolean(entry) ?? false
    case "x_forwarded_for": if let rule = rule(entry) { server.edge.forwardedFor = rule }
    case "x_forwarded_for_trusted": if let rule = rule(entry) { server.edge.trustedForwardedFor = rule }
    case "sig_iss": server.edge.signatureIssuer = entry.value
    case "sig_key":
      server.edge.signatureKey = key(entry, readFile: readFile)
      if server.edge.signatureIssuer.isEmpty { server.edge.signatureIssuer = "pushpin" }
    case "upstream_key": server.edge.upstreamKey = key(entry, readFile: readFile)
    case "auto_cross_origin", "accept_pushpin_route":
      if boolean(entry) == true { unsupported(entry) }
    case "prometheus_port", "prometheus_prefix": applyMetrics(entry)
    case "orig_headers_need_mark", "cdn_loop":
      if !entry.value.isEmpty { unsupported(entry) }
    case "set_x_forwarded_protocol":
      if entry.value == "true" || entry.value == "proto-only" { unsupported(entry) }
    case "log_from", "log_user_agent", "pass_request_id", "trace_sampling": applyLogging(entry)
    case "sockjs_url", "max_open_requests", "ipc_file_mode", "stats_connections_max_ttl",
      "stats_report_interval", "updates_check", "organization_name":
      break
    default:
      if !applySocket(entry), !entry.key.hasSuffix("_spec"), !entry.key.hasSuffix("_specs") { unknown(entry) }
    }
  }

  private mutating func applyHandler(_ entry: INIFile.Entry, readFile: (String) throws -> [UInt8]) {
    switch entry.key {
    case "push_in_http_addr":
      controlHost = entry.value == "*" ? "0.0.0.0" : entry.value
    case "push_in_http_port": controlPort = integer(entry, in: 0...65_535)
    case "push_in_http_max_headers_size":
      if let bytes = integer(entry, in: 256...1_000_000) { server.control.maxHeadBytes = bytes }
    case "push_in_http_max_body_size":
      if let bytes = integer(entry, in: 256...1_000_000_000) { server.control.maxBodyBytes = bytes }
    case "push_in_http_bearer":
      if !entry.value.isEmpty { server.control.credentials.append(.bearer(token: entry.value)) }
    case "push_in_http_basic": basic(entry)
    case "push_in_http_jwt_key":
      if let key = key(entry, readFile: readFile) { server.control.credentials.append(.jwt(issuer: nil, key: key)) }
    case "push_in_http_realms": server.control.realms = entry.list
    case "push_in_http_hosts": server.control.allowedHosts = entry.list
    case "message_wait":
      if let time = integer(entry, in: 0...600_000) { server.delivery.sequencer.messageWait = .milliseconds(time) }
    case "id_cache_ttl":
      if let time = integer(entry, in: 0...86_400) { server.delivery.sequencer.duplicateWindow = .seconds(time) }
    case "subscription_linger":
      if let time = integer(entry, in: 0...86_400) { server.delivery.sequencer.linger = .seconds(time) }
    case "update_on_first_subscription":
      if let isOn = boolean(entry) { server.delivery.updatesOnFirstSubscription = isOn }
    case "connection_subscription_max":
      if let count = integer(entry, in: 1...1_000_000) {
        if count > 32 { note(.warning, entry, "32 is the most that this edge has") }
        server.delivery.channelsPerHold = min(count, 32)
      }
    case "message_rate", "message_hwm", "message_block_size":
      break  // Deliveries are not throttled here; what is bounded instead is what waits.
    case "prometheus_port", "prometheus_prefix": applyMetrics(entry)
    case "push_in_spec", "push_in_sub_spec", "push_in_sub_specs", "command_spec", "state_spec":
      if !entry.value.isEmpty { unsupported(entry) }
    case "push_in_sub_connect", "share_all": if boolean(entry) == true { unsupported(entry) }
    case "ipc_file_mode", "stats_spec", "stats_subscription_ttl", "stats_report_interval", "stats_format": break
    default:
      let isInternal = entry.key.hasPrefix("proxy_") || entry.key.hasPrefix("m2a_") || entry.key.hasSuffix("_specs")
      if !isInternal { unknown(entry) }
    }
  }

  // MARK: Values

  private mutating func unsupported(_ entry: INIFile.Entry) {
    note(.warning, entry, "this edge does not have it; it is ignored")
  }

  private mutating func unknown(_ entry: INIFile.Entry) {
    note(.warning, entry, "there is no such option in [\(entry.section)]; it is ignored")
  }

  mutating func integer(_ entry: INIFile.Entry, in range: ClosedRange<Int>) -> Int? {
    guard let value = Int(entry.value), range.contains(value) else {
      note(.error, entry, "a number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return value
  }

  mutating func boolean(_ entry: INIFile.Entry) -> Bool? {
    switch entry.value {
    case "true": return true
    case "false", "": return false
    default:
      note(.error, entry, "true or false")
      return nil
    }
  }

  private mutating func rule(_ entry: INIFile.Entry) -> ForwardedForRule? {
    guard let rule = ForwardedForRule(entry.value) else {
      note(.error, entry, "a list of truncate:N and append")
      return nil
    }
    return rule
  }

  private mutating func key(_ entry: INIFile.Entry, readFile: (String) throws -> [UInt8]) -> GRIPKey? {
    if entry.value == "changeme" {
      note(.warning, entry, "ANYBODY can sign with 'changeme': replace it here and in the origins")
    }
    do throws(GRIPDecodingError) {
      return try GRIPKey.parse(entry.value) { try readFile(SystemFile.path($0, besides: entry.source)) }
    } catch {
      note(.error, entry, error.description)
      return nil
    }
  }

  private mutating func basic(_ entry: INIFile.Entry) {
    guard let colon = entry.value.firstIndex(of: ":"), colon != entry.value.startIndex else {
      return note(.error, entry, "user:password")
    }
    server.control.credentials.append(
      .basic(
        user: String(entry.value[..<colon]), password: String(entry.value[entry.value.index(after: colon)...])))
  }

  /// Reads `[address:]port`. Without an address it is every address, as Pushpin has it.
  package static func address(_ text: String) -> ListenAddress? {
    guard let colon = text.lastIndex(of: ":") else {
      return UInt16(text).map { ListenAddress(host: "0.0.0.0", port: Int($0)) }
    }
    guard let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { return nil }
    return ListenAddress(host: host == "*" ? "0.0.0.0" : String(host), port: Int(port))
  }
}
