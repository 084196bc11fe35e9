import Channels
import XMPP

extension ItemSearch {
  /// What a filled form asks.
  ///
  /// **Errors**: `badRequest` where it asks for neither content nor author, and for a page that is no number.
  /// **Spec**: XEP-0055; channel-server §15.
  init(_ form: DataForm?) throws(ChannelError) {
    guard let form, form.type == .submit, form.about == Search.namespace else {
      throw ChannelError(.badRequest, "a search is a submitted form with FORM_TYPE \(Search.namespace)")
    }
    self.init(content: form.field("content")?.values.filter { !$0.isEmpty } ?? [])
    if let text = form.value("author"), !text.isEmpty {
      guard let address = try? JID(text) else {
        throw ChannelError(.badRequest, "author is '\(text.prefix(128))'; an address is accepted")
      }
      author = address.bare
    }
    page = try Self.number("page", in: form) ?? page
    perPage = try Self.number("rpp", in: form) ?? perPage
    guard !content.isEmpty || author != nil else {
      throw ChannelError(.badRequest, "a search has content or an author")
    }
  }

  private static func number(_ name: String, in form: DataForm) throws(ChannelError) -> Int? {
    guard let text = form.value(name) else { return nil }
    guard let number = Int(text), number > 0 else {
      throw ChannelError(.badRequest, "\(name) is '\(text.prefix(32))'; a number from 1 is accepted")
    }
    return number
  }

  /// A filled form.
  var form: DataForm {
    var content = DataForm.Field("content")
    content.values = self.content
    return DataForm(
      .submit, about: Search.namespace,
      fields: (content.values.isEmpty ? [] : [content])
        + (author.map { [DataForm.Field("author", $0.description)] } ?? [])
        + [DataForm.Field("page", String(page)), DataForm.Field("rpp", String(perPage))])
  }

  /// The form to fill.
  static var emptyForm: DataForm {
    var form = DataForm(
      .form, about: Search.namespace,
      fields: [
        .init("content", type: .textMulti, label: "Content search"), .init("author", type: .jidSingle, label: "Author"),
        .init("rpp", type: .textSingle, label: "Results per page"), .init("page", type: .textSingle, label: "Page"),
      ])
    form.title = "Search entries"
    form.instructions = ["Search for content and/or author"]
    return form
  }

  /// What was found, as a result of several.
  static func found(_ entries: [Entry]) -> Search {
    guard !entries.isEmpty else { return Search() }
    var form = DataForm(.result, about: Search.namespace)
    form.reported = [DataForm.Field("node"), DataForm.Field("id"), DataForm.Field("entry")]
    form.items = entries.map { entry in
      var content = DataForm.Field("entry", "")
      content.content = [[entry.xml]]
      return [DataForm.Field("node", entry.node.description), DataForm.Field("id", entry.id), content]
    }
    return Search(form: form)
  }
}
