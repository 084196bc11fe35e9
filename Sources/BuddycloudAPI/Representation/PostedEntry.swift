import GRIP
import HTTPTypes
import XMPP

/// The body of a post, whatever its encoding, as the Atom entry that the channel server takes.
///
/// **Spec**: buddycloud-http-api.md §2.4 (sniffing) and §3.3 (JSON to Atom).
struct PostedEntry {
  /// The entry.
  var xml: XMLElement
  /// How the answer is encoded: as the body's type says; by what the body was where the type is neither JSON nor XML;
  /// Atom where there is no type.
  var responseEncoding: AtomEncoding

  private static let shape = #"send {"content":"…"} or an Atom <entry>"#

  /// Reads a body. It is JSON when its type says so or when it begins with `{`, else XML.
  ///
  /// **Errors**: 400.
  init(_ body: [UInt8], contentType: String?) throws(APIError) {
    let type = Self.mediaType(contentType)
    let isJSONType = type == "application/json" || type == "text/json"
    let first = body.first { !($0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09) }
    guard let first else { throw APIError(.badRequest, "the body is empty; \(Self.shape)") }
    let isJSON = isJSONType || first == UInt8(ascii: "{")
    xml = isJSON ? try Self.json(body) : try Self.atom(body)
    let isXMLType = type.map { $0 == "application/xml" || $0 == "text/xml" || $0.hasSuffix("+xml") } ?? true
    responseEncoding = isJSONType || (isJSON && !isXMLType) ? .json : .atom
  }

  private static func atom(_ body: [UInt8]) throws(APIError) -> XMLElement {
    let entry: XMLElement
    do {
      entry = try XMLElement.parse(body)
    } catch {
      throw APIError(.badRequest, "the body is neither JSON nor XML: \(error.description); \(shape)")
    }
    guard entry.name == "entry", entry.namespace == AtomWriter.namespace else {
      throw APIError(.badRequest, "the root element must be entry of namespace \(AtomWriter.namespace); \(shape)")
    }
    return entry
  }

  private static func mediaType(_ contentType: String?) -> String? {
    contentType.map { text in
      text.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    }
  }

  private static func json(_ body: [UInt8]) throws(APIError) -> XMLElement {
    guard let members = JSONValue(parsing: body)?.members else {
      throw APIError(.badRequest, "the body is not a JSON object; \(shape)")
    }
    var children: [XMLElement.Node] = []
    for member in members {
      switch (member.name, member.value) {
      case (_, .null): continue
      case ("content", .string(let text)): children.append(element("content", text: text))
      case ("title", .string(let text)): children.append(element("title", text: text))
      case ("id", .string(let text)): children.append(element("id", text: text))
      case ("author", .string(let text)):
        children.append(
          .element(XMLElement("author", namespace: AtomWriter.namespace, children: [element("name", text: text)])))
      case ("replyTo", .string(let text)) where text.isEmpty: continue
      case ("replyTo", .string(let text)):
        children.append(
          .element(XMLElement("in-reply-to", namespace: AtomWriter.threadNamespace, attributes: ["ref": text])))
      case ("media", let value): children.append(try media(value))
      case ("content", _), ("title", _), ("id", _), ("author", _), ("replyTo", _):
        throw APIError(.badRequest, "\(member.name) must be a string")
      default: continue
      }
    }
    if !children.contains(where: { if case .element(let child) = $0 { child.name == "content" } else { false } }) {
      children.append(element("content", text: ""))
    }
    return XMLElement("entry", namespace: AtomWriter.namespace, children: children)
  }

  private static func media(_ value: JSONValue) throws(APIError) -> XMLElement.Node {
    let shape = #"media must be a list of {"id":"…","channel":"…"}"#
    guard case .array(let list) = value else { throw APIError(.badRequest, shape) }
    var items: [XMLElement.Node] = []
    for element in list {
      guard let members = element.members,
        let id = members.first(where: { $0.name == "id" })?.value.string,
        let channel = members.first(where: { $0.name == "channel" })?.value.string
      else { throw APIError(.badRequest, shape) }
      items.append(
        .element(
          XMLElement("item", namespace: AtomWriter.namespace, attributes: ["id": id, "channel": channel])))
    }
    return .element(XMLElement("media", namespace: AtomWriter.namespace, children: items))
  }

  private static func element(_ name: String, text: String) -> XMLElement.Node {
    .element(XMLElement(name, namespace: AtomWriter.namespace, children: text.isEmpty ? [] : [.text(text)]))
  }
}
