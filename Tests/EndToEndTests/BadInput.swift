import Foundation
import TestKit
import Testing

/// One row of the table: what is sent, and what must come back.
struct BadInput: CustomTestStringConvertible, Sendable {
  /// What is wrong.
  var name: String
  var request: HTTPRequest
  /// The statuses that are right; mostly one.
  var status: Set<Int>
  /// What the text must speak of.
  var text: String

  /// A row with a request.
  init(_ name: String, _ request: HTTPRequest, _ status: Int, _ text: String) {
    (self.name, self.request, self.status, self.text) = (name, request, [status], text)
  }

  var testDescription: String { name }

  /// Sends it and looks at the answer.
  func check(_ front: Front, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let answer = try front.exchange(request)
    #expect(status.contains(answer.status), "\(name): \(answer.status) \(answer.text)", sourceLocation: sourceLocation)
    let speaks = try answer.text.firstMatch(of: Regex(text).ignoresCase()) != nil
    #expect(speaks, "\(name): \(answer.status) \(answer.text)", sourceLocation: sourceLocation)
  }
}

/// Bytes that are no proper HTTP, and what must come back.
struct BadBytes: CustomTestStringConvertible, Sendable {
  var name: String
  var bytes: String
  var status: Set<Int>
  var text: String

  init(_ name: String, _ bytes: String, _ status: Set<Int>, _ text: String) {
    (self.name, self.bytes, self.status, self.text) = (name, bytes, status, text)
  }

  var testDescription: String { name }

  /// Sends them and looks at the answer, after which the connection must be closed.
  func check(_ address: Address, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let connection = try HTTPConnection(to: address)
    try? connection.connection.send(bytes)
    let answer = try connection.readResponse()
    #expect(status.contains(answer.status), "\(name): \(answer.status) \(answer.text)", sourceLocation: sourceLocation)
    let speaks = try answer.text.firstMatch(of: Regex(text).ignoresCase()) != nil
    #expect(speaks, "\(name): \(answer.status) \(answer.text)", sourceLocation: sourceLocation)
    #expect(
      try connection.isClosedByPeer(within: .seconds(10)), "\(name): the connection goes on",
      sourceLocation: sourceLocation)
  }

  static let all: [BadBytes] = [
    .init("no Host", "GET / HTTP/1.1\r\n\r\n", [400], "host"),
    .init("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", [400], "host"),
    .init("a Host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", [400], "host"),
    .init(
      "length and chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400],
      "content-length|transfer-encoding"),
    .init(
      "two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", [400],
      "content-length"),
    .init(
      "a length with a sign", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", [400], "content-length"),
    .init("a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc", [400], "content-length"),
    .init(
      "a length beyond all numbers",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", [400, 413],
      "content-length|large"),
    .init(
      "an unknown coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: snappy\r\n\r\n", [400, 501],
      "transfer-encoding|coding"),
    .init(
      "chunked, but not last", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", [400, 501],
      "transfer-encoding|coding|chunked"),
    .init(
      "a chunk size that is no number",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", [400], "chunk"),
    .init("a folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: one\r\n two\r\n\r\n", [400], "fold|line|blank|field"),
    .init("a blank before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX : one\r\n\r\n", [400], "field|blank|name|colon"),
    .init("a field without a colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", [400], "field|colon"),
    .init("a field name with a bracket", "GET / HTTP/1.1\r\nHost: a\r\nX(y): one\r\n\r\n", [400], "field|name"),
    .init("a zero byte in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", [400], "field|value|byte|control"),
    .init("a lone CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", [400], "field|value|byte|CR|line"),
    .init("HTTP/3.0", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", [400, 505], "version|HTTP/1"),
    .init("http in small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", [400, 505], "version|HTTP/1|request line"),
    .init("no version", "GET /\r\nHost: a\r\n\r\n", [400], "version|HTTP/1|request line"),
    .init("a blank in the method", "G ET / HTTP/1.1\r\nHost: a\r\n\r\n", [400], "method|request line|version|target"),
    .init("a target without a slash", "GET page HTTP/1.1\r\nHost: a\r\n\r\n", [400], "target|path"),
    .init("GET *", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", [400], "target|path"),
    .init("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", [400, 405, 501], "connect|method|target"),
    .init(
      "a target that is too long", "GET /\(String(repeating: "x", count: 70_000)) HTTP/1.1\r\nHost: a\r\n\r\n", [414],
      "target|long"),
    .init(
      "fields that are too long",
      "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 200_000))\r\n\r\n", [431],
      "head|field"),
    .init(
      "too many fields", "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 5000) + "\r\n", [431],
      "field|many|large"),
    .init("TLS", "\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}\u{00}\u{01}\r\n\r\n", [400], "."),
  ]
}
