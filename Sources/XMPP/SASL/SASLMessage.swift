/// The elements of a negotiation.
///
/// **Spec**: RFC 6120 §6.4. No data at all and data of no bytes are not the same: the latter is `=` (§6.4.2).
public enum SASLMessage: Sendable, Hashable {
  /// The client begins.
  case auth(mechanism: String, initial: [UInt8]?)
  /// The server wants more.
  case challenge([UInt8])
  /// The client gives more.
  case response([UInt8])
  /// The client gives up.
  case abort
  /// The server is content.
  case success([UInt8]?)
  /// The server is not.
  case failure(SASLFailure)

  /// Reads an element; `nil` for one that is not of the negotiation.
  ///
  /// **Errors**: `incorrect-encoding` for what is not base 64, `invalid-mechanism` for no mechanism.
  public init?(_ element: XMLElement) throws(SASLFailure) {
    guard element.namespace == XMPPNamespace.sasl else { return nil }
    switch element.name {
    case "auth":
      guard let mechanism = element.attributes["mechanism"], !mechanism.isEmpty else {
        throw SASLFailure(.invalidMechanism, text: "auth names a mechanism")
      }
      self = .auth(mechanism: mechanism, initial: try Self.data(element))
    case "challenge": self = .challenge(try Self.data(element) ?? [])
    case "response": self = .response(try Self.data(element) ?? [])
    case "abort": self = .abort
    case "success": self = .success(try Self.data(element))
    case "failure": self = .failure(Self.failure(element))
    default: return nil
    }
  }

  private static func data(_ element: XMLElement) throws(SASLFailure) -> [UInt8]? {
    let text = element.text
    if text.isEmpty { return nil }
    if text == "=" { return [] }
    guard let data = Base64.decode(text) else {
      throw SASLFailure(.incorrectEncoding, text: "what \(element.name) carries is not base 64")
    }
    return data
  }

  private static func failure(_ element: XMLElement) -> SASLFailure {
    var failure = SASLFailure(.notAuthorized)
    for child in element.elements where child.namespace == XMPPNamespace.sasl {
      if child.name == "text" {
        failure.text = child.text
      } else {
        failure.condition = SASLFailure.Condition(rawValue: child.name) ?? failure.condition
      }
    }
    return failure
  }

  /// The element as it is sent.
  public var element: XMLElement {
    switch self {
    case .auth(let mechanism, let initial):
      return Self.element("auth", initial, attributes: ["mechanism": mechanism])
    case .challenge(let data): return Self.element("challenge", data.isEmpty ? nil : data)
    case .response(let data): return Self.element("response", data.isEmpty ? nil : data)
    case .abort: return Self.element("abort", nil)
    case .success(let data): return Self.element("success", data)
    case .failure(let failure):
      var children = [XMLElement(failure.condition.rawValue, namespace: XMPPNamespace.sasl)]
      if let text = failure.text { children.append(XMLElement("text", namespace: XMPPNamespace.sasl, text: text)) }
      return XMLElement("failure", namespace: XMPPNamespace.sasl, children: children.map { .element($0) })
    }
  }

  private static func element(_ name: String, _ data: [UInt8]?, attributes: XMLAttributes = [:]) -> XMLElement {
    let text = data.map { $0.isEmpty ? "=" : Base64.encode($0) } ?? ""
    return XMLElement(name, namespace: XMPPNamespace.sasl, attributes: attributes, text: text)
  }
}
