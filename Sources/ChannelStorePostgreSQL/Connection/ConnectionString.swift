import CPostgreSQL
package import Channels

/// Where a database is and how to get in, in libpq's words. It prints without its secrets.
///
/// **Shape**: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full&…` (also `postgres://…`), or
/// `host=… port=… dbname=… user=… sslmode=…`. What is not said comes from libpq's environment (`PGHOST`, `PGPASSWORD`,
/// `~/.pgpass`, …).
package struct ConnectionString: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The text itself, secrets and all: for libpq only.
  let exposed: String
  /// The same settings as keywords, with `******` for each secret.
  package let description: String

  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }

  /// Everything as libpq's environment says.
  package static let byEnvironment = ConnectionString(exposed: "postgresql:///", description: "")

  private init(exposed: String, description: String) {
    self.exposed = exposed
    self.description = description
  }

  /// Reads either form.
  /// - Throws: `badRequest` with what is wrong and what is accepted, without what may be a secret.
  package init(_ text: String) throws(ChannelError) {
    guard !text.isEmpty, !text.utf8.contains(0) else {
      throw ChannelError(.badRequest, "the connection string is empty; \(Self.accepted)")
    }
    var problem: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(text, &problem) else {
      let words = problem.map { String(cString: $0) } ?? "it can't be read"
      PQfreemem(problem)
      throw ChannelError(.badRequest, "the connection string is wrong: \(Self.harmless(words)); \(Self.accepted)")
    }
    defer { PQconninfoFree(options) }
    var shown: [String] = []
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        let isSecret = option.pointee.dispchar.map { String(cString: $0) } == "*"
        shown.append("\(String(cString: keyword))=\(isSecret ? "******" : Self.quoted(String(cString: value)))")
      }
      option += 1
    }
    exposed = text
    description = shown.joined(separator: " ")
  }

  /// Whether a text looks like one of the two forms.
  package static func isMeant(by text: String) -> Bool {
    if text.hasPrefix("postgresql:") || text.hasPrefix("postgres:") { return true }
    guard let equals = text.firstIndex(of: "=") else { return false }
    return text[..<equals].allSatisfy { $0.isASCII && ($0.isLetter || $0 == "_" || $0 == " ") }
  }

  private static let accepted =
    "it is postgresql://USER@HOST:PORT/DATABASE or host=HOST port=PORT dbname=DATABASE user=USER"

  /// libpq quotes what it doesn't understand, which may be a part of a password; but the name of an unknown setting helps.
  private static func harmless(_ words: String) -> String {
    let line = words.split(separator: "\n").first.map(String.init) ?? words
    if line.hasPrefix("invalid connection option") || line.hasPrefix("invalid URI query parameter") { return line }
    let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
    return parts.enumerated().map { $0.offset.isMultiple(of: 2) ? String($0.element) : "\"…\"" }.joined()
  }

  private static func quoted(_ value: String) -> String {
    let isPlain = !value.isEmpty && !value.contains { $0 == " " || $0 == "'" || $0 == "\\" }
    if isPlain { return value }
    return "'" + value.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
  }
}
