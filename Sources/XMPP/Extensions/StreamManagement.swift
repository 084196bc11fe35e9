// Implements: XEP-0198 1.6.3 · Stream Management · complete

/// The elements that count stanzas and resume a stream.
///
/// ``StreamCounter`` is the machine.
public enum StreamManagement: Sendable, Hashable {
  /// The namespace of version 3.
  public static let namespace = "urn:xmpp:sm:3"

  /// The client wants stanzas counted, perhaps to resume, within that many seconds.
  case enable(resume: Bool, max: Int?)
  /// The server counts; where it gives an `id`, the stream can be resumed within `max` seconds.
  case enabled(id: String?, max: Int?, location: String?)
  /// How many have you got?
  case request
  /// So many, of all, modulo 2³².
  case answer(UInt32)
  /// The client goes on with a stream that was cut.
  case resume(previous: String, handled: UInt32)
  /// So does the server.
  case resumed(previous: String, handled: UInt32)
  /// The server does not; `handled` where it knows what it got in the stream that was to be resumed.
  case failed(StanzaError.Condition, handled: UInt32?)

  /// Reads an element; `nil` for one of another namespace.
  ///
  /// **Errors**: `bad-format` for what is not of version 3.
  public init?(_ element: XMLElement) throws(StreamError) {
    guard element.namespace == Self.namespace else { return nil }
    let attributes = element.attributes
    let handled = attributes["h"].flatMap { UInt32($0) }
    let isResumable = ["true", "1"].contains(attributes["resume"])
    switch element.name {
    case "enable": self = .enable(resume: isResumable, max: attributes["max"].flatMap { Int($0) })
    case "enabled":
      self = .enabled(
        id: isResumable ? attributes["id"] : nil, max: attributes["max"].flatMap { Int($0) },
        location: attributes["location"])
    case "r": self = .request
    case "a":
      guard let handled else { throw Self.malformed("a says how many were handled, in h") }
      self = .answer(handled)
    case "resume", "resumed":
      guard let handled, let previous = attributes["previd"], !previous.isEmpty else {
        throw Self.malformed("\(element.name) names a stream, in previd, and how many were handled, in h")
      }
      self =
        element.name == "resume"
        ? .resume(previous: previous, handled: handled)
        : .resumed(previous: previous, handled: handled)
    case "failed":
      let condition = element.elements.first { $0.namespace == XMPPNamespace.stanzaErrors && $0.name != "text" }
      self = .failed(
        condition.flatMap { StanzaError.Condition(rawValue: $0.name) } ?? .undefinedCondition, handled: handled)
    default: throw Self.malformed("\(element.name) is not an element of version 3")
    }
  }

  private static func malformed(_ text: String) -> StreamError {
    StreamError(.badFormat, text: "stream management: \(text)")
  }

  /// The element as it is sent.
  public var element: XMLElement {
    func element(
      _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], _ children: [XMLElement] = []
    ) -> XMLElement {
      XMLElement(name, namespace: Self.namespace, attributes: XMLAttributes(present: attributes), elements: children)
    }
    switch self {
    case .enable(let resume, let max):
      return element("enable", ["resume": resume ? "true" : nil, "max": max.map(String.init)])
    case .enabled(let id, let max, let location):
      return element(
        "enabled",
        ["id": id, "resume": id == nil ? nil : "true", "max": max.map(String.init), "location": location])
    case .request: return element("r")
    case .answer(let handled): return element("a", ["h": String(handled)])
    case .resume(let previous, let handled): return element("resume", ["previd": previous, "h": String(handled)])
    case .resumed(let previous, let handled): return element("resumed", ["previd": previous, "h": String(handled)])
    case .failed(let condition, let handled):
      return element(
        "failed", ["h": handled.map { String($0) }],
        [XMLElement(condition.rawValue, namespace: XMPPNamespace.stanzaErrors)])
    }
  }
}
