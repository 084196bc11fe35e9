import GRIP
import HTTPTypes

/// A route whose condition section is being read (GRIP §3.3).
struct RouteDraft {
  /// Names of properties, for suggestions.
  static let names = [
    "proto", "ssl", "id", "path_beg", "sig_iss", "sig_key", "prefix", "orig_headers", "as_host", "path_rem",
    "replace_beg", "debug", "aco", "jsonp_mode", "jsonp_cb", "jsonp_body", "jsonp_defcb", "jsonp_defmethod", "session",
    "sockjs", "sockjs_as_path", "header", "no_grip", "grip", "log_level",
  ]

  private var host: String?
  private var isWebSocket: Bool?
  private var isSecure: Bool?
  private var id: String?
  private var pathBeginning: String?
  private var channelPrefix = ""
  private var isDebug = false
  private var isGRIP = true
  private var signatureIssuer: String?
  private var signatureKey: GRIPKey?
  private var removedPathCount = 0
  private var beginningReplacement: String?
  private var hostReplacement: String?
  private var forcedFields: [HTTPField] = []
  private var extras = Route.Extras()
  private var sockjsBase: String?
  private var sockjsPath: String?
  /// What is to be said of properties that do nothing.
  var remarks: [RouteFault] = []

  /// Takes a section over.
  mutating func read(_ section: RouteTokenizer.Section, readFile: (String) throws -> [UInt8]) throws(RouteFault) {
    for property in section.properties {
      do throws(RouteFault) {
        if try readMatching(property) { continue }
        if try readRewriting(property) { continue }
        if try readSigning(property, readFile: readFile) { continue }
        if try readHelping(property) { continue }
        remark(
          property,
          "unknown condition property \(property.name)" + RouteFlag.suggestion(property.name, among: Self.names))
      } catch {
        throw error.at(property.column)
      }
    }
    completeSockJS(column: section.column)
    do throws(RouteFault) { try readHost(section.value) } catch { throw error.at(section.column) }
  }

  /// The route, complete with its targets.
  func route(targets: [OriginTarget]) -> Route {
    Route(
      host: host, pathBeginning: pathBeginning, isWebSocket: isWebSocket, isSecure: isSecure, id: id,
      channelPrefix: channelPrefix, isDebug: isDebug, isGRIP: isGRIP, signatureIssuer: signatureIssuer,
      signatureKey: signatureKey,
      // `replace_beg` counts more than `path_rem`, wherever they stand.
      removedPathCount: beginningReplacement == nil ? removedPathCount : (pathBeginning?.utf8.count ?? 0),
      pathReplacement: beginningReplacement ?? "", hostReplacement: hostReplacement, forcedFields: forcedFields,
      extras: extras, targets: targets)
  }

  private mutating func readHost(_ text: String) throws(RouteFault) {
    if text == "*" { return }
    host = text.lowercased()
    guard !text.isEmpty else {
      if id == nil { throw RouteFault("a route without a host needs an id") }
      return
    }
    do throws(HeadFault) { try RequestHeadReader.checkAuthority(text) } catch {
      throw RouteFault("condition bad format: \(error.text)")
    }
    guard !text.contains(":") || text.hasPrefix("[") && text.hasSuffix("]") else {
      throw RouteFault("a condition names a host without a port")
    }
  }

  /// What decides whether a request fits.
  private mutating func readMatching(_ property: RouteTokenizer.Property) throws(RouteFault) -> Bool {
    switch property.name {
    case "id": id = try text(property)
    case "path_beg": pathBeginning = try text(property)
    case "proto":
      switch property.value {
      case "http": isWebSocket = false
      case "ws": isWebSocket = true
      default: throw RouteFault("proto is http or ws")
      }
    case "ssl":
      switch property.value {
      case "yes", "true": isSecure = true
      case "no", "false": isSecure = false
      default: throw RouteFault("ssl is yes or no")
      }
    default: return false
    }
    return true
  }

  /// What is changed in a request.
  private mutating func readRewriting(_ property: RouteTokenizer.Property) throws(RouteFault) -> Bool {
    switch property.name {
    case "path_rem":
      guard let count = Int(try text(property)), count >= 0 else {
        throw RouteFault("path_rem must be a number of characters, 0 or more")
      }
      removedPathCount = count
    case "replace_beg": beginningReplacement = try path(property, isOptional: true)
    case "as_host":
      let host = try text(property)
      do throws(HeadFault) { try RequestHeadReader.checkAuthority(host) } catch {
        throw RouteFault("as_host: \(error.text)")
      }
      hostReplacement = host
    case "header": forcedFields.append(try field(property))
    case "orig_headers": extras.marksOriginalFields = try RouteFlag.read(property)
    default: return false
    }
    return true
  }

  /// What belongs to GRIP.
  private mutating func readSigning(
    _ property: RouteTokenizer.Property, readFile: (String) throws -> [UInt8]
  ) throws(RouteFault) -> Bool {
    switch property.name {
    case "prefix": channelPrefix = try text(property)
    case "no_grip": isGRIP = try !RouteFlag.read(property)
    case "grip": isGRIP = try RouteFlag.read(property)
    case "sig_iss": signatureIssuer = try text(property)
    case "sig_key":
      let text = try text(property)
      do throws(GRIPDecodingError) { signatureKey = try GRIPKey.parse(text, readFile: readFile) } catch {
        throw RouteFault("sig_key: \(error)")
      }
    case "session":
      if try RouteFlag.read(property) { remark(property, "session is not supported by this version") }
    default: return false
    }
    return true
  }

  /// What helps browsers, and whoever looks for a fault.
  private mutating func readHelping(_ property: RouteTokenizer.Property) throws(RouteFault) -> Bool {
    switch property.name {
    case "debug": isDebug = try RouteFlag.read(property)
    case "aco": extras.isCrossOrigin = try RouteFlag.read(property)
    case "jsonp_mode":
      guard let mode = JSONPRule.Mode(rawValue: property.value ?? "") else {
        throw RouteFault("jsonp_mode is extended or basic")
      }
      extras.jsonp.mode = mode
    case "jsonp_cb": extras.jsonp.callbackParameter = try text(property)
    case "jsonp_body": extras.jsonp.bodyParameter = try text(property)
    case "jsonp_defcb": extras.jsonp.defaultCallback = try text(property)
    case "jsonp_defmethod":
      let method = try text(property)
      guard HTTPField.Name(method) != nil, method.utf8.count <= 32 else {
        throw RouteFault("jsonp_defmethod is a method such as POST")
      }
      extras.jsonp.defaultMethod = method
    case "log_level":
      guard let level = Int(try text(property)), (0...4).contains(level) else {
        throw RouteFault("log_level is a number from 0 to 4")
      }
      extras.logLevel = level
    default: return try readSockJS(property)
    }
    return true
  }

  private mutating func readSockJS(_ property: RouteTokenizer.Property) throws(RouteFault) -> Bool {
    guard property.name == "sockjs" || property.name == "sockjs_as_path" else { return false }
    let value = try path(property, isOptional: false)
    guard value.hasPrefix("/") else { throw RouteFault("\(property.name) is a path, which begins with /") }
    if property.name == "sockjs" { sockjsBase = value } else { sockjsPath = value }
    return true
  }

  /// The rest of what is said of SockJS, when the whole section is read.
  private mutating func completeSockJS(column: Int) {
    extras.sockjs = sockjsBase.map { SockJSRule(base: $0, originPath: sockjsPath) }
    if sockjsBase == nil, sockjsPath != nil {
      remarks.append(RouteFault("sockjs_as_path does nothing without sockjs", column: column))
    }
  }

  private mutating func remark(_ property: RouteTokenizer.Property, _ text: String) {
    remarks.append(RouteFault(text, column: property.column))
  }

  private func text(_ property: RouteTokenizer.Property) throws(RouteFault) -> String {
    guard let value = property.value, !value.isEmpty else { throw RouteFault("\(property.name) needs a value") }
    return value
  }

  /// Characters that may stand in a request target.
  private func path(_ property: RouteTokenizer.Property, isOptional: Bool) throws(RouteFault) -> String {
    let value = isOptional ? property.value ?? "" : try text(property)
    guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x23 && $0 != 0x3F }) else {
      throw RouteFault("\(property.name) has a character that a path cannot have; write it percent-encoded")
    }
    return value
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
