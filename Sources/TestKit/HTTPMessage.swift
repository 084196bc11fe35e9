import Foundation

/// Header fields in the order in which they came, names as they were written.
package struct HeaderFields: Sendable, Equatable, ExpressibleByArrayLiteral {
  /// Name and value of each field.
  package var list: [(name: String, value: String)]

  /// Fields.
  package init(_ list: [(name: String, value: String)] = []) { self.list = list }

  package init(arrayLiteral elements: (name: String, value: String)...) { list = elements }

  /// The value of the first field of that name, whatever the case of its letters.
  package subscript(name: String) -> String? { values(of: name).first }

  /// The values of all fields of that name.
  package func values(of name: String) -> [String] {
    list.filter { $0.name.caseInsensitiveCompare(name) == .orderedSame }.map(\.value)
  }

  /// The fields that do not have one of these names, as `name: value` with the name in lower case, sorted.
  package func comparable(without ignored: Set<String>) -> [String] {
    list.map { (name: $0.name.lowercased(), value: $0.value) }.filter { !ignored.contains($0.name) }
      .map { "\($0.name): \($0.value)" }.sorted()
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.list.map { [$0.name, $0.value] } == right.list.map { [$0.name, $0.value] }
  }
}

/// A request of a test. `Host` and `Content-Length` are added where they are missing; nothing else is.
package struct HTTPRequest: Sendable {
  package var method: String
  package var target: String
  package var fields: HeaderFields
  package var body: [UInt8]

  /// A request.
  package init(_ method: String, _ target: String, _ fields: HeaderFields = [], body: String = "") {
    self.method = method
    self.target = target
    self.fields = fields
    self.body = Array(body.utf8)
  }

  /// The request as HTTP/1.1 bytes.
  package func bytes(host: String) -> [UInt8] {
    var head = "\(method) \(target) HTTP/1.1\r\n"
    if fields["Host"] == nil { head += "Host: \(host)\r\n" }
    for field in fields.list { head += "\(field.name): \(field.value)\r\n" }
    if !body.isEmpty || method == "POST" || method == "PUT" {
      if fields["Content-Length"] == nil, fields["Transfer-Encoding"] == nil {
        head += "Content-Length: \(body.count)\r\n"
      }
    }
    return Array(head.utf8) + Array("\r\n".utf8) + body
  }
}

/// The start of a response: all but its body.
package struct HTTPResponseHead: Sendable, Equatable {
  /// `HTTP/1.1` as it was written.
  package var version: String
  package var status: Int
  package var reason: String
  package var fields: HeaderFields

  /// Whether the body comes in chunks.
  package var isChunked: Bool { fields["Transfer-Encoding"]?.lowercased() == "chunked" }

  /// Reads the lines up to the empty one, which is not among them.
  init(lines: [String]) throws {
    let parts = (lines.first ?? "").split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(
      String.init)
    guard parts.count >= 2, parts[0].hasPrefix("HTTP/"), let status = Int(parts[1]) else {
      throw TestFailure("this is no status line: \(lines.first ?? "")")
    }
    (version, self.status, reason) = (parts[0], status, parts.count > 2 ? parts[2] : "")
    fields = HeaderFields(
      try lines.dropFirst().map { line in
        guard let colon = line.firstIndex(of: ":") else { throw TestFailure("this is no header field: \(line)") }
        return (
          String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        )
      })
  }
}

/// A whole response.
package struct HTTPResponse: Sendable {
  package var head: HTTPResponseHead
  package var body: [UInt8]

  package var status: Int { head.status }
  package var fields: HeaderFields { head.fields }
  /// The body as text.
  package var text: String { String(decoding: body, as: UTF8.self) }

  /// The body as JSON: dictionaries, arrays, strings, numbers.
  package func json() throws -> Any {
    do { return try JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed) } catch {
      throw TestFailure("status \(status), and this is no JSON: \(text)")
    }
  }

  /// The body as a JSON object.
  package func object() throws -> [String: Any] {
    guard let object = try json() as? [String: Any] else { throw TestFailure("this is no JSON object: \(text)") }
    return object
  }
}
