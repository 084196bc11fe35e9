import Testing
import XMPP

/// An element from its text, for tests that show what is on the wire.
func element(_ text: String) throws -> XMLElement {
  try XMLElement.parse(Array(text.utf8))
}

/// A stanza from its text.
func stanza(_ text: String) throws -> Stanza {
  try Stanza(try element(text))
}
