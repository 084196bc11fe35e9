public import HTTPTypes

/// `Grip-Last`: the last id that a proxy has delivered of a channel, as it tells the origin.
///
/// **Shape**: `channel; last-id=…`, one or more per field, one or more fields.
public enum GRIPLast {
  /// Channel name to id. An element without `last-id` says nothing and is left out; of two for one channel the last
  /// counts.
  public static func decode(_ fields: HTTPFields) -> [String: String] {
    var ids: [String: String] = [:]
    for element in HeaderElement.list(fields[values: .gripLast]) where !element.first.isEmpty {
      if let id = element["last-id"] { ids[element.first] = id }
    }
    return ids
  }

  /// One field per channel, by name.
  ///
  /// **Errors**: a name or an id that a header cannot carry.
  public static func fields(_ ids: [String: String]) throws(GRIPEncodingError) -> HTTPFields {
    var fields = HTTPFields()
    for (name, id) in ids.sorted(by: { $0.key < $1.key }) {
      guard GRIPChannel(name).isHeaderSafe, !FieldText.hasControls(id) else {
        throw GRIPEncodingError("a channel name or an id holds what a header cannot carry")
      }
      fields.append(HTTPField(name: .gripLast, value: "\(name); last-id=\(FieldText.parameterValue(id))"))
    }
    return fields
  }
}

/// `Grip-Feature`: what the proxy is able to do.
public enum GRIPFeature {
  /// The names that Pushpin 1.41 knows, in its order.
  public static let known = [
    "status", "session", "link:next", "link:gone", "filter:skip-self", "filter:skip-users", "filter:require-sub",
    "filter:build-id", "filter:var-subst", "filter:http-check", "filter:http-modify",
  ]

  /// The features that a request names.
  public static func decode(_ fields: HTTPFields) -> Set<String> {
    Set(HeaderElement.list(fields[values: .gripFeature]).map(\.first))
  }

  /// The value of the header for these features, in the order given.
  ///
  /// **Errors**: a name that is empty or holds a delimiter or a control character.
  public static func headerValue(_ features: [String]) throws(GRIPEncodingError) -> String {
    for feature in features where !FieldText.isPlain(feature) || FieldText.hasControls(feature) {
      throw GRIPEncodingError("a feature's name holds what a header cannot carry")
    }
    return features.joined(separator: ", ")
  }
}
