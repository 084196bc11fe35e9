import XMPP

/// Frees XHTML of scripts, styles and whatever else could act on a reader's page.
///
/// Known elements stay, with known attributes; unknown ones are replaced by what is in them; those whose text is no text for
/// people go whole. Links lead to web, mail and chat addresses only.
/// **Spec**: channel-server §11.3 (N); the elements are about those of XEP-0071.
enum XHTMLSanitizer {
  private static let elements: Set = [
    "a", "abbr", "acronym", "b", "blockquote", "br", "cite", "code", "dd", "del", "dfn", "div", "dl", "dt", "em", "h1",
    "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small",
    "span", "strong", "sub", "sup", "u", "ul", "var",
  ]
  private static let removed: Set = [
    "applet", "audio", "base", "embed", "frame", "frameset", "head", "iframe", "link", "math", "meta", "noscript",
    "object", "script", "style", "svg", "template", "title", "video",
  ]
  private static let attributes: [String: Set<String>] = [
    "a": ["href", "title"], "img": ["alt", "height", "src", "title", "width"], "abbr": ["title"], "acronym": ["title"],
    "blockquote": ["cite"], "q": ["cite"], "ol": ["start"],
  ]
  private static let addresses: Set = ["cite", "href", "src"]
  private static let schemes = ["http://", "https://", "mailto:", "xmpp:"]

  /// The element itself stays as it is; what is in it is checked.
  static func sanitized(_ content: XMLElement) -> XMLElement {
    var content = content
    content.children = children(of: content)
    return content
  }

  private static func children(of element: XMLElement) -> [XMLElement.Node] {
    element.children.flatMap { child -> [XMLElement.Node] in
      guard case .element(let element) = child else { return [child] }
      if element.namespace == Namespaces.xhtml, elements.contains(element.name) {
        let known = attributes[element.name, default: []].union(["xml:lang"])
        var kept = XMLAttributes()
        for (name, value) in element.attributes
        where known.contains(name) && (!addresses.contains(name) || isHarmless(value)) {
          kept[name] = value
        }
        return [
          .element(
            XMLElement(element.name, namespace: Namespaces.xhtml, attributes: kept, children: children(of: element)))
        ]
      }
      return removed.contains(element.name.lowercased()) ? [] : children(of: element)
    }
  }

  /// Browsers pass over control characters and spaces in schemes, so an address with any is none.
  private static func isHarmless(_ address: String) -> Bool {
    let lowercased = address.lowercased()
    return schemes.contains { lowercased.hasPrefix($0) }
      && address.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
  }
}
