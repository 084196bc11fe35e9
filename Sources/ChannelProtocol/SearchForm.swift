import Channels
import XMPP

/// The form that searches.
///
/// **Spec**: XEP-0055; channel-server §15.
enum SearchForm {
  static let instructions = "Search for content and/or author"

  /// What a filled form asks.
  ///
  /// **Errors**: `badRequest` where it asks for neither content nor author, and for a page that is no number.
  static func search(in query: XMLElement) throws(ChannelError) -> ItemSearch {
    guard let form = query.child(named: "x", namespace: ProtocolNamespace.dataForm),
      form.attributes["type"] == "submit", ConfigurationForm.type(of: form) == ProtocolNamespace.search
    else {
      throw ChannelError(.badRequest, "a search is a submitted form with FORM_TYPE \(ProtocolNamespace.search)")
    }
    var search = ItemSearch(content: [])
    for field in ConfigurationForm.fields(of: form) {
      switch field.name {
      case "content": search.content = field.values.filter { !$0.isEmpty }
      case "author":
        guard let text = field.values.first, !text.isEmpty else { continue }
        guard let author = try? JID(text) else {
          throw ChannelError(.badRequest, "author is '\(text.prefix(128))'; an address is accepted")
        }
        search.author = author.bare
      case "page": search.page = try number(field)
      case "rpp": search.perPage = try number(field)
      default: break
      }
    }
    guard !search.content.isEmpty || search.author != nil else {
      throw ChannelError(.badRequest, "a search has content or an author")
    }
    return search
  }

  private static func number(_ field: ConfigurationField) throws(ChannelError) -> Int {
    let text = field.values.first ?? ""
    guard let number = Int(text), number > 0 else {
      throw ChannelError(.badRequest, "\(field.name) is '\(text.prefix(32))'; a number from 1 is accepted")
    }
    return number
  }

  /// A filled form.
  static func element(_ search: ItemSearch) -> XMLElement {
    var fields: [ConfigurationField] = []
    if !search.content.isEmpty { fields.append(ConfigurationField("content", search.content)) }
    if let author = search.author { fields.append(ConfigurationField("author", author.description)) }
    fields.append(ConfigurationField("page", String(search.page)))
    fields.append(ConfigurationField("rpp", String(search.perPage)))
    return ConfigurationForm.element(fields, type: "submit", formType: ProtocolNamespace.search)
  }

  /// The form to fill.
  static var empty: XMLElement {
    let kinds = [
      ("content", "text-multi", "Content search"), ("author", "jid-single", "Author"),
      ("rpp", "text-single", "Results per page"), ("page", "text-single", "Page"),
    ]
    return XMLElement(
      "x", ProtocolNamespace.dataForm, ["type": "form"],
      [
        XMLElement("title", namespace: ProtocolNamespace.dataForm, text: "Search entries"),
        XMLElement("instructions", namespace: ProtocolNamespace.dataForm, text: instructions),
        ConfigurationForm.field(ConfigurationField("FORM_TYPE", ProtocolNamespace.search), type: "hidden"),
      ]
        + kinds.map { name, type, label in
          ConfigurationForm.field(ConfigurationField(name, []), type: type, label: label)
        })
  }
}
