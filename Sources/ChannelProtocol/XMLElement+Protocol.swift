import Channels
import XMPP

extension XMLElement {
  /// An element with element children, those that are there.
  init(_ name: String, _ namespace: String, _ attributes: [String: String?] = [:], _ elements: [XMLElement] = []) {
    self.init(
      name, namespace: namespace, attributes: XMLAttributes(attributes.compactMapValues(\.self)),
      children: elements.map { .element($0) })
  }

  /// The node that an attribute names.
  ///
  /// **Errors**: `badRequest` with `nodeid-required` where there is none, those of ``NodeID/init(_:)`` for another.
  func node() throws(ChannelError) -> NodeID {
    try NodeID(try nodeName())
  }

  /// What the `node` attribute says.
  func nodeName() throws(ChannelError) -> String {
    guard let name = attributes["node"], !name.isEmpty else {
      throw ChannelError(.badRequest, "<\(self.name)> has an attribute node", application: .nodeIDRequired)
    }
    return name
  }

  /// The address that an attribute holds.
  func address(_ attribute: String = "jid") throws(ChannelError) -> JID {
    let text = attributes[attribute] ?? ""
    do throws(JIDError) {
      return try JID(text)
    } catch {
      throw ChannelError(
        .badRequest, "the attribute \(attribute) of <\(name)> is no address: \(error.description)",
        application: .invalidJID)
    }
  }

  /// What an attribute says, one of the words of a type; `nil` where it isn't there.
  func word<Word: RawRepresentable<String> & CaseIterable>(
    _ attribute: String, as type: Word.Type
  ) throws(ChannelError) -> Word? {
    guard let text = attributes[attribute] else { return nil }
    guard let word = Word(rawValue: text) else {
      let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
      throw ChannelError(.badRequest, "\(attribute) is '\(text.prefix(64))'; accepted are \(words)")
    }
    return word
  }

  /// Whether an attribute says yes; `nil` where it isn't there or says neither.
  func truth(_ attribute: String) -> Bool? {
    switch attributes[attribute] {
    case "true", "1": true
    case "false", "0": false
    default: nil
    }
  }
}
