import HTTPTypes

/// Lets scripts of other places read a response, whatever its origin says (GRIP §17.1).
///
/// **Spec**: Fetch §3.2 (CORS). Preflights still go to the origin; the fields are added to whatever it answers, and a field
/// that is there already stays.
enum CrossOrigin {
  /// Adds the fields to a response.
  ///
  /// - Parameter request: the request's fields.
  static func add(to response: inout HTTPFields, request: HTTPFields) {
    let exposed = exposedNames(of: response)
    set(.accessControlAllowMethods, request[.accessControlRequestMethod] ?? defaultMethods, &response)
    set(.accessControlAllowHeaders, names(in: request[values: .accessControlRequestHeaders]), &response)
    set(.accessControlExposeHeaders, exposed, &response)
    set(.accessControlAllowCredentials, "true", &response)
    set(.accessControlAllowOrigin, request[.origin] ?? "*", &response)
    set(.accessControlMaxAge, "3600", &response)
  }

  private static let defaultMethods = "OPTIONS, HEAD, GET, POST, PUT, DELETE"

  /// What scripts may read without being allowed to.
  private static let simpleNames: Set<String> = [
    "cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma",
  ]

  private static func set(_ name: HTTPField.Name, _ value: String?, _ fields: inout HTTPFields) {
    guard let value, !value.isEmpty, !fields.contains(name) else { return }
    fields.append(HTTPField(name: name, value: value))
  }

  private static func names(in values: [String]) -> String {
    values.flatMap { $0.split(separator: ",") }.map { String($0.trimmingBlanks()) }.filter { !$0.isEmpty }
      .joined(separator: ", ")
  }

  private static func exposedNames(of response: HTTPFields) -> String {
    var seen: Set<String> = []
    return response.compactMap { field -> String? in
      let name = field.name.canonicalName
      guard !simpleNames.contains(name), !name.hasPrefix("access-control-"), !name.hasPrefix("grip-") else {
        return nil
      }
      return seen.insert(name).inserted ? field.name.rawName : nil
    }.joined(separator: ", ")
  }
}

extension Exchange {
  /// A response's fields with what lets other places read it, where the route or the edge says so.
  func forClient(_ fields: HTTPFields) -> HTTPFields {
    guard route.extras.isCrossOrigin ?? loop.configuration.isCrossOrigin, connection.script == nil else {
      return fields
    }
    var fields = fields
    CrossOrigin.add(to: &fields, request: head.fields)
    return fields
  }
}
