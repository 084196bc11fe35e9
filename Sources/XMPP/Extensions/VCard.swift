// Implements: XEP-0054 1.3.0 · vcard-temp · partial: the names, the texts that profiles show, and the photo; what else a card has is kept as it came

/// Who somebody is.
///
/// **Shape**: `<vCard xmlns="vcard-temp"><FN>Peter Saint-Andre</FN><URL>…</URL><PHOTO><TYPE/><BINVAL/></PHOTO>…</vCard>`.
public struct VCard: Sendable, Hashable {
  /// The namespace, which is also the feature.
  public static let namespace = "vcard-temp"

  /// A picture.
  public enum Photo: Sendable, Hashable {
    /// Within the card.
    case data([UInt8], type: String?)
    /// Somewhere else.
    case address(String)
  }

  /// The fields of one text that we name.
  public enum Field: String, Sendable, CaseIterable {
    case fullName = "FN"
    case nickname = "NICKNAME"
    case birthday = "BDAY"
    case address = "URL"
    case jabberID = "JABBERID"
    case title = "TITLE"
    case role = "ROLE"
    case note = "DESC"
  }

  /// What the card has, in its order.
  public var elements: [XMLElement]

  /// An empty card: what an account without one has, and what is asked with.
  public init() {
    elements = []
  }

  /// Reads the payload.
  ///
  /// **Errors**: `bad-request` for another element.
  public init(_ element: XMLElement) throws(StanzaError) {
    guard element.isNamed("vCard", Self.namespace) else {
      throw StanzaError(.badRequest, text: "a card is a vCard of \(Self.namespace)")
    }
    elements = element.elements
  }

  /// The payload as it is sent.
  public var element: XMLElement { XMLElement("vCard", namespace: Self.namespace, elements: elements) }

  /// A field's text; assigning `nil` removes all of its name.
  public subscript(field: Field) -> String? {
    get { elements.first { $0.name == field.rawValue }?.text }
    set {
      replace(field.rawValue, by: newValue.map { XMLElement(field.rawValue, namespace: Self.namespace, text: $0) })
    }
  }

  /// The first mail address.
  public var mailAddress: String? {
    elements.first { $0.name == "EMAIL" }?.child(named: "USERID", namespace: Self.namespace)?.text
  }

  /// The picture; `nil` where there is none, or its data is not base 64. Assigning replaces all.
  public var photo: Photo? {
    get {
      guard let photo = elements.first(where: { $0.name == "PHOTO" }) else { return nil }
      if let address = photo.child(named: "EXTVAL", namespace: Self.namespace)?.text { return .address(address) }
      guard let text = photo.child(named: "BINVAL", namespace: Self.namespace)?.text,
        // Old programs break the lines.
        let data = Base64.decode(text.filter { !$0.isWhitespace })
      else { return nil }
      return .data(data, type: photo.child(named: "TYPE", namespace: Self.namespace)?.text)
    }
    set {
      func element(_ name: String, _ text: String) -> XMLElement {
        XMLElement(name, namespace: Self.namespace, text: text)
      }
      let children: [XMLElement]? =
        switch newValue {
        case .data(let data, let type):
          (type.map { [element("TYPE", $0)] } ?? []) + [element("BINVAL", Base64.encode(data))]
        case .address(let address): [element("EXTVAL", address)]
        case nil: nil
        }
      replace("PHOTO", by: children.map { XMLElement("PHOTO", namespace: Self.namespace, elements: $0) })
    }
  }

  private mutating func replace(_ name: String, by element: XMLElement?) {
    let place = elements.firstIndex { $0.name == name } ?? elements.count
    elements.removeAll { $0.name == name }
    if let element { elements.insert(element, at: min(place, elements.count)) }
  }
}
