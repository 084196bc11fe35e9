import GRIP
import HTTPTypes

/// A request that a script asks for in the query of a `GET` (GRIP §17.2).
struct JSONPRequest {
  /// What the response is put in.
  var envelope: JSONPEnvelope
  /// The request that is meant: its method and fields, and a target without the parameters that say so.
  var head: RequestHead
  var body: [UInt8]

  /// Why a request that means JSON-P is refused.
  struct Fault: Error {
    /// Of a 400.
    let text: String
  }

  /// Fields that a script cannot set.
  private static let fixedNames: Set<String> = [
    "host", "accept", "content-length", "transfer-encoding", "connection", "keep-alive", "expect", "upgrade", "te",
    "trailer",
  ]

  /// The request that is meant; `nil` where this is an ordinary one.
  ///
  /// **Errors**: a parameter that cannot be read.
  static func read(_ head: RequestHead, rule: JSONPRule) throws(Fault) -> JSONPRequest? {
    guard head.method == "GET" else { return nil }
    let path = head.path
    var parameters: [String: Substring] = [:]
    var rest: [Substring] = []
    let bodyName = rule.bodyParameter ?? "_body"
    let names = [rule.callbackParameter, "_method", "_headers", bodyName]
    for pair in head.target[path.endIndex...].dropFirst().split(separator: "&") {
      let name = pair.prefix { $0 != "=" }
      if let known = PercentEncoding.decode(name), names.contains(known) {
        if parameters[known] == nil { parameters[known] = pair[name.endIndex...].dropFirst() }
      } else {
        rest.append(pair)
      }
    }
    let isCalled = parameters[rule.callbackParameter] != nil
    let isBodyAlone = rule.defaultCallback != nil && rule.bodyParameter != nil && parameters[bodyName] != nil
    guard isCalled || isBodyAlone else { return nil }

    let callback =
      parameters[rule.callbackParameter].flatMap(PercentEncoding.decode) ?? (isCalled ? "" : rule.defaultCallback ?? "")
    guard JSONPEnvelope.isCallback(callback) else { throw Fault(text: "Invalid callback parameter.") }
    var meant = head
    meant.target = path + (rest.isEmpty ? "" : "?" + rest.joined(separator: "&"))
    meant.method = try method(parameters["_method"], rule: rule)
    meant.fields = try fields(parameters["_headers"], besides: head.fields)
    var body: [UInt8] = []
    if let text = parameters[bodyName] {
      guard let decoded = PercentEncoding.decode(text) else { throw Fault(text: "Invalid body parameter.") }
      body = Array(decoded.utf8)
      if rule.bodyParameter != nil { meant.fields[.contentType] = "application/json" }
    }
    return JSONPRequest(
      envelope: JSONPEnvelope(callback: callback, mode: rule.mode), head: meant, body: body)
  }

  private static func method(_ text: Substring?, rule: JSONPRule) throws(Fault) -> String {
    guard let text else { return rule.defaultMethod ?? (rule.mode == .basic ? "POST" : "GET") }
    guard let method = PercentEncoding.decode(text), (1...32).contains(method.utf8.count),
      HTTPField.Name(method) != nil, method != "CONNECT", method != "TRACE", method != "HEAD"
    else { throw Fault(text: "Invalid _method parameter.") }
    return method
  }

  /// `Accept`, the script's fields, and the client's that these do not replace.
  private static func fields(_ text: Substring?, besides own: HTTPFields) throws(Fault) -> HTTPFields {
    var fields: HTTPFields = [.accept: "*/*"]
    if let text {
      let fault = Fault(text: "Invalid _headers parameter.")
      guard let decoded = PercentEncoding.decode(text), case .object(let object)? = try? JSONReader.read(decoded.utf8)
      else { throw fault }
      for member in object.members {
        guard case .string(let value) = member.value, let name = HTTPField.Name(member.name),
          HTTPField.isValidValue(value)
        else { throw fault }
        if !fixedNames.contains(EdgeField.normalized(name)) { fields[name] = value }
      }
    }
    let replaced = Set(fields.map(\.name.canonicalName))
    for field in own where !replaced.contains(field.name.canonicalName) { fields.append(field) }
    return fields
  }
}
