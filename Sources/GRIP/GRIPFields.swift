public import HTTPTypes

extension HTTPField.Name {
  /// `Grip-Hold: response | stream`.
  public static let gripHold = HTTPField.Name("Grip-Hold")!
  /// `Grip-Channel: name; prev-id=…; filter=…`.
  public static let gripChannel = HTTPField.Name("Grip-Channel")!
  /// `Grip-Timeout: seconds`.
  public static let gripTimeout = HTTPField.Name("Grip-Timeout")!
  /// `Grip-Status: code reason`.
  public static let gripStatus = HTTPField.Name("Grip-Status")!
  /// `Grip-Expose-Headers: name, …`.
  public static let gripExposeHeaders = HTTPField.Name("Grip-Expose-Headers")!
  /// `Grip-Keep-Alive: data; mode=…; timeout=…; format=…`.
  public static let gripKeepAlive = HTTPField.Name("Grip-Keep-Alive")!
  /// `Grip-Set-Meta: name="value", …`.
  public static let gripSetMeta = HTTPField.Name("Grip-Set-Meta")!
  /// `Grip-Link: <uri>; rel=next; timeout=…`.
  public static let gripLink = HTTPField.Name("Grip-Link")!
  /// `Grip-Last: channel; last-id=…`.
  public static let gripLast = HTTPField.Name("Grip-Last")!
  /// `Grip-Sig: token`.
  public static let gripSig = HTTPField.Name("Grip-Sig")!
  /// `Grip-Feature: name, …`.
  public static let gripFeature = HTTPField.Name("Grip-Feature")!
}

/// The names and media types of GRIP on the wire.
public enum GRIPFields {
  /// The media type of the body form, in lower case.
  public static let instructMediaType = "application/grip-instruct"

  /// Whether a field's name begins with `Grip-`, in any case.
  public static func isGRIP(_ name: HTTPField.Name) -> Bool {
    name.canonicalName.utf8.starts(with: "grip-".utf8)
  }

  /// Whether the fields' media type (the text before `;`) is the body form's, in any case (RFC 9110 §8.3.1).
  static func isInstructDocument(_ fields: HTTPFields) -> Bool {
    guard let value = fields[values: .contentType].first else { return false }
    let type = FieldText.trimmed(Array(value.utf8.prefix { $0 != UInt8(ascii: ";") })[...])
    return String(decoding: type, as: UTF8.self).lowercased() == instructMediaType
  }

  /// Fields that belong to one connection or to a body's framing: an instruction's response has neither.
  static func isHopField(_ name: HTTPField.Name) -> Bool {
    switch name.canonicalName {
    case "connection", "keep-alive", "content-encoding", "transfer-encoding", "content-length": true
    default: false
    }
  }
}
