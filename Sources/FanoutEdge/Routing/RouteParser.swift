import GRIP
import HTTPTypes

/// Reads routes from lines (GRIP §3).
package struct RouteParser {
  /// What the lines gave. A line with a problem is left out; what to do about it is the caller's to say.
  package struct Reading {
    package var table: RouteTable
    package var problems: [RouteProblem]
  }

  private let readFile: (String) throws -> [UInt8]

  /// - Parameter readFile: gives the bytes of a key file; the path is as written after `file:`.
  package init(readFile: @escaping (String) throws -> [UInt8]) { self.readFile = readFile }

  /// Reads a whole file's text.
  package func read(text: String, source: String) -> Reading {
    read(
      lines: text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init), source: source)
  }

  /// Reads lines, numbered from 1.
  package func read(lines: [String], source: String) -> Reading {
    var routes: [Route] = []
    var problems: [RouteProblem] = []
    var seen: [String: Int] = [:]
    for (index, line) in lines.enumerated() {
      do throws(RouteFault) {
        guard let route = try route(from: line) else { continue }
        let key = "\(route.host ?? "*") \(route.pathBeginning ?? "") \(route.host == "" ? route.id : "")"
        if let first = seen[key] {
          throw RouteFault("the same host and path as line \(first), which stays")
        }
        seen[key] = index + 1
        routes.append(route)
      } catch {
        problems.append(RouteProblem(source: source, line: index + 1, text: error.text))
      }
    }
    return Reading(table: RouteTable(routes), problems: problems)
  }

  private func route(from line: String) throws(RouteFault) -> Route? {
    let sections = try RouteTokenizer.sections(of: line)
    guard let first = sections.first else { return nil }
    guard sections.count >= 2 else { throw RouteFault("must specify condition and at least one target") }
    var targets: [OriginTarget] = []
    for section in sections.dropFirst() { targets.append(try OriginTargetParser.target(from: section)) }
    return try condition(first, targets: targets)
  }

  private func condition(_ section: RouteTokenizer.Section, targets: [OriginTarget]) throws(RouteFault) -> Route {
    var draft = RouteDraft()
    for property in section.properties { try apply(property, to: &draft) }
    if let replacement = draft.beginningReplacement {
      guard let beginning = draft.pathBeginning else { throw RouteFault("replace_beg needs path_beg") }
      draft.removedPathCount = beginning.count
      draft.pathReplacement = replacement
    }
    if section.value.isEmpty, draft.id == nil { throw RouteFault("a route without a host needs an id") }
    if !section.value.isEmpty, section.value != "*" {
      do throws(HeadFault) { try RequestHeadReader.checkAuthority(section.value) } catch {
        throw RouteFault("condition bad format: \(error.text)")
      }
      guard !section.value.contains(":") || section.value.hasPrefix("[") else {
        throw RouteFault("a condition names a host without a port")
      }
    }
    return Route(
      host: section.value == "*" ? nil : section.value.lowercased(), pathBeginning: draft.pathBeginning, id: draft.id,
      channelPrefix: draft.channelPrefix, isDebug: draft.isDebug, isGRIP: draft.isGRIP,
      signatureIssuer: draft.signatureIssuer, signatureKey: draft.signatureKey,
      removedPathCount: draft.removedPathCount, pathReplacement: draft.pathReplacement,
      hostReplacement: draft.hostReplacement, forcedFields: draft.forcedFields, targets: targets)
  }

  private func apply(_ property: RouteTokenizer.Property, to draft: inout RouteDraft) throws(RouteFault) {
    switch property.name {
    case "id": draft.id = try text(property)
    case "path_beg": draft.pathBeginning = try text(property)
    case "prefix": draft.channelPrefix = try text(property)
    case "debug": draft.isDebug = try flag(property)
    case "no_grip": draft.isGRIP = try !flag(property)
    case "grip": draft.isGRIP = try flag(property)
    case "sig_iss": draft.signatureIssuer = try text(property)
    case "sig_key": draft.signatureKey = try key(property)
    case "path_rem":
      guard let count = Int(try text(property)), count >= 0 else {
        throw RouteFault("path_rem must be a number of characters, 0 or more")
      }
      draft.removedPathCount = count
    case "replace_beg": draft.beginningReplacement = property.value ?? ""
    case "as_host":
      let host = try text(property)
      do throws(HeadFault) { try RequestHeadReader.checkAuthority(host) } catch {
        throw RouteFault("as_host: \(error.text)")
      }
      draft.hostReplacement = host
    case "header": draft.forcedFields.append(try field(property))
    case "proto", "ssl", "orig_headers", "aco", "jsonp_mode", "jsonp_cb", "jsonp_body", "jsonp_defcb",
      "jsonp_defmethod", "session", "sockjs", "sockjs_as_path", "log_level":
      throw RouteFault("the condition property \(property.name) is not supported by this version")
    default:
      throw RouteFault("unknown condition property \(property.name)")
    }
  }

  private func text(_ property: RouteTokenizer.Property) throws(RouteFault) -> String {
    guard let value = property.value, !value.isEmpty else { throw RouteFault("\(property.name) needs a value") }
    return value
  }

  private func flag(_ property: RouteTokenizer.Property) throws(RouteFault) -> Bool {
    try RouteFlag.read(property)
  }

  private func key(_ property: RouteTokenizer.Property) throws(RouteFault) -> GRIPKey? {
    let text = try text(property)
    do throws(GRIPDecodingError) { return try GRIPKey.parse(text, readFile: readFile) } catch {
      throw RouteFault("sig_key: \(error)")
    }
  }

  private func field(_ property: RouteTokenizer.Property) throws(RouteFault) -> HTTPField {
    let text = try text(property)
    guard let colon = text.firstIndex(of: ":"), let name = HTTPField.Name(String(text[..<colon])) else {
      throw RouteFault("header must be name:value")
    }
    guard ![.hostField, .contentLength, .transferEncoding, .connection].contains(name) else {
      throw RouteFault("header \(name.rawName) belongs to the connection and cannot be forced")
    }
    let value = String(text[text.index(after: colon)...].trimmingBlanks())
    guard HTTPField.isValidValue(value) else { throw RouteFault("header has a value that cannot be sent") }
    return HTTPField(name: name, value: value)
  }
}

/// What a condition section has said so far.
private struct RouteDraft {
  var id: String?
  var pathBeginning: String?
  var channelPrefix = ""
  var isDebug = false
  var isGRIP = true
  var signatureIssuer: String?
  var signatureKey: GRIPKey?
  var removedPathCount = 0
  var pathReplacement = ""
  var beginningReplacement: String?
  var hostReplacement: String?
  var forcedFields: [HTTPField] = []
}

/// Flags of routes. `=false`, `=no` and `=0` turn them off (deviates: Pushpin counts presence only, Q-04).
enum RouteFlag {
  /// Whether the flag is on.
  static func read(_ property: RouteTokenizer.Property) throws(RouteFault) -> Bool {
    switch property.value?.lowercased() {
    case nil, "", "true", "yes", "1": return true
    case "false", "no", "0": return false
    default: throw RouteFault("\(property.name) is a flag: write it alone, or =true or =false")
    }
  }
}
