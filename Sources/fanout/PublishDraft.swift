import GRIP
import HTTPTypes

/// An item as the command line describes it.
struct PublishDraft {
  /// What listeners are told.
  enum Action { case send, hint, close }

  /// What is wrong with the description.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  var channel: String
  var content: String?
  var itemID: String?
  var previousID: String?
  var sender: String?
  var code: Int
  var headers: [String]
  var meta: [String]
  var action: Action
  var isPatch: Bool
  var isUnsequenced: Bool
  var hasLineEnd: Bool

  /// The item, with a format for each kind of listener.
  func item() throws(Problem) -> GRIPItem {
    var item = GRIPItem(channel: channel, id: itemID, previousID: previousID, isUnsequenced: isUnsequenced)
    for pair in meta {
      guard let equals = pair.firstIndex(of: "=") else { throw Problem(description: "--meta takes K=V, not '\(pair)'") }
      item.meta[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
    }
    if let sender { item.meta["sender"] = sender }
    switch action {
    case .hint:
      item.httpResponse = .hint
      item.httpStream = .hint
      item.webSocket = .hint
    case .close:
      item.httpStream = .close
      item.webSocket = .close(code: nil, reason: "")
    case .send: try addContent(to: &item)
    }
    return item
  }

  private func addContent(to item: inout GRIPItem) throws(Problem) {
    guard let content else { throw Problem(description: "content is missing: text, or @FILE") }
    guard (0...999).contains(code) else { throw Problem(description: "--code takes a status from 0 to 999") }
    var fields = HTTPFields()
    for line in headers {
      guard let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) else {
        throw Problem(description: "--header takes 'Name: value', not '\(line)'")
      }
      fields.append(HTTPField(name: name, value: String(line[line.index(after: colon)...].drop { $0 == " " })))
    }
    if isPatch {
      item.httpResponse = .send(
        GRIPHTTPResponseMessage(status: code, headers: fields, body: .patch(json: content)))
      return
    }
    let body = hasLineEnd ? content + "\n" : content
    item.httpResponse = .send(GRIPHTTPResponseMessage(status: code, headers: fields, body: .full(.text(body))))
    item.httpStream = .send(.text(body))
    item.webSocket = .send(.text(content), isBinary: false)
  }
}
