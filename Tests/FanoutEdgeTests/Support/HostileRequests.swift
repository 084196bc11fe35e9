/// Requests that must be refused, with the status that they get. Ids as in public HTTP/1.1 probes where there is one.
enum HostileRequests {
  struct Entry: Sendable, CustomStringConvertible {
    var name: String
    var text: String
    var status: Int
    /// Whole requests before the bad one.
    var before = 0

    var description: String { name }
  }

  private static func entry(_ name: String, _ status: Int, _ text: String, before: Int = 0) -> Entry {
    Entry(name: name, text: text, status: status, before: before)
  }

  private static func head(_ lines: String...) -> String {
    (["POST /p HTTP/1.1", "Host: a"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
  }

  private static func get(_ target: String, _ lines: String...) -> String {
    (["GET \(target) HTTP/1.1", "Host: a"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
  }

  private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

  static let table: [Entry] = framing + chunks + heads + targets + limits

  private static let framing: [Entry] = [
    entry("CL.TE", 400, head("Content-Length: 6", "Transfer-Encoding: chunked") + "0\r\n\r\n" + smuggled),
    entry(
      "TE.CL", 400, head("Transfer-Encoding: chunked", "Content-Length: 4") + "2e\r\n" + smuggled + "\r\n0\r\n\r\n"),
    entry("CL.CL different", 400, head("Content-Length: 0", "Content-Length: 5") + smuggled),
    entry("CL.CL equal", 400, head("Content-Length: 5", "Content-Length: 5") + "hello"),
    entry("CL list", 400, head("Content-Length: 5, 5") + "hello"),
    entry("CL list of two", 400, head("Content-Length: 5, 6") + "hello"),
    entry("CL plus", 400, head("Content-Length: +5") + "hello"),
    entry("CL minus", 400, head("Content-Length: -5") + "hello"),
    entry("CL hex", 400, head("Content-Length: 0x5") + "hello"),
    entry("CL empty", 400, head("Content-Length:") + smuggled),
    entry("CL blank inside", 400, head("Content-Length: 1 0") + "hello"),
    entry("CL overflow", 400, head("Content-Length: 18446744073709551621") + "hello"),
    entry("CL fraction", 400, head("Content-Length: 5.0") + "hello"),
    entry("CL underscore", 400, head("Content_Length: 5") + "hello"),
    entry("TE underscore", 400, head("Transfer_Encoding: chunked") + "0\r\n\r\n"),
    entry("TE unknown", 501, head("Transfer-Encoding: xchunked") + "0\r\n\r\n"),
    entry("TE gzip", 501, head("Transfer-Encoding: gzip") + "0\r\n\r\n"),
    entry("TE identity", 501, head("Transfer-Encoding: identity") + smuggled),
    entry("TE twice", 400, head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + "0\r\n\r\n"),
    entry("TE twice, second other", 400, head("Transfer-Encoding: chunked", "Transfer-Encoding: x") + "0\r\n\r\n"),
    entry("TE list", 400, head("Transfer-Encoding: chunked, chunked") + "0\r\n\r\n"),
    entry("TE not last", 400, head("Transfer-Encoding: chunked, gzip") + "0\r\n\r\n"),
    entry("TE empty", 400, head("Transfer-Encoding:") + smuggled),
    entry("TE vertical tab", 400, head("Transfer-Encoding: \u{0B}chunked") + "0\r\n\r\n"),
    entry("TE blank before colon", 400, head("Transfer-Encoding : chunked") + "0\r\n\r\n"),
    entry("TE folded", 400, head("X: y", " Transfer-Encoding: chunked") + "0\r\n\r\n"),
    entry("TE folded value", 400, head("Transfer-Encoding:", " chunked") + "0\r\n\r\n"),
    entry("TE in HTTP/1.0", 400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    entry("expectation unknown", 417, head("Expect: 200-ok", "Content-Length: 5") + "hello"),
    entry("second is bad", 400, get("/1") + "GET /2 HTTP/1.1\r\n\r\n", before: 1),
  ]

  private static func chunked(_ body: String) -> String { head("Transfer-Encoding: chunked") + body }

  private static let chunks: [Entry] = [
    entry("chunk size empty", 400, chunked("\r\nhello\r\n0\r\n\r\n")),
    entry("chunk size plus", 400, chunked("+5\r\nhello\r\n0\r\n\r\n")),
    entry("chunk size minus", 400, chunked("-5\r\nhello\r\n0\r\n\r\n")),
    entry("chunk size 0x", 400, chunked("0x5\r\nhello\r\n0\r\n\r\n")),
    entry("chunk size blank before", 400, chunked(" 5\r\nhello\r\n0\r\n\r\n")),
    entry("chunk size blank after", 400, chunked("5 \r\nhello\r\n0\r\n\r\n")),
    entry("chunk size too long", 400, chunked("000000005\r\nhello\r\n0\r\n\r\n")),
    entry("chunk size overflow", 400, chunked("10000000000000005\r\nhello\r\n0\r\n\r\n")),
    entry("chunk line ends in LF", 400, chunked("5\nhello\r\n0\r\n\r\n")),
    entry("chunk data ends in LF", 400, chunked("5\r\nhello\n0\r\n\r\n")),
    entry("chunk data too long", 400, chunked("5\r\nhelloX\r\n0\r\n\r\n")),
    entry("chunk bare CR", 400, chunked("5\rhello\r\n0\r\n\r\n")),
    entry("chunk extension NUL", 400, chunked("5;a\0b\r\nhello\r\n0\r\n\r\n")),
    entry("chunk extension LF", 400, chunked("5;a\nb\r\nhello\r\n0\r\n\r\n")),
    entry("chunk extension CR", 400, chunked("5;a\rb\r\nhello\r\n0\r\n\r\n")),
    entry(
      "chunk extension 64 KB", 400, chunked("5;" + String(repeating: "x", count: 65_536) + "\r\nhello\r\n0\r\n\r\n")),
    entry(
      "chunk extensions everywhere", 400,
      chunked(String(repeating: "1;" + String(repeating: "x", count: 900) + "\r\na\r\n", count: 100) + "0\r\n\r\n")),
    entry("trailer Content-Length", 400, chunked("0\r\nContent-Length: 50\r\n\r\n")),
    entry("trailer Transfer-Encoding", 400, chunked("0\r\ntransfer-encoding: chunked\r\n\r\n")),
    entry("trailer Host", 400, chunked("0\r\nHost: b\r\n\r\n")),
    entry("chunk extension blank", 400, chunked("5; a=b\r\nhello\r\n0\r\n\r\n")),
    entry("chunk extension empty", 400, chunked("5;\r\nhello\r\n0\r\n\r\n")),
    entry("chunk extension open quote", 400, chunked("5;a=\"b\r\nhello\r\n0\r\n\r\n")),
    entry("trailer without colon", 400, chunked("0\r\nbad\r\n\r\n")),
    entry("trailer folded", 400, chunked("0\r\nA: b\r\n c\r\n\r\n")),
    entry("trailers too large", 400, chunked("0\r\nA: " + String(repeating: "x", count: 9000) + "\r\n\r\n")),
  ]

  private static let heads: [Entry] = [
    entry("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
    entry("two Hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    entry("two equal Hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    entry("Host with user", 400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"),
    entry("Host with path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    entry("Host list", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    entry("Host empty", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    entry("Host port too large", 400, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
    entry("Host port empty", 400, "GET / HTTP/1.1\r\nHost: a:\r\n\r\n"),
    entry("Host with blank", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    entry("bare LF", 400, "GET / HTTP/1.1\nHost: a\n\n"),
    entry("bare LF in header", 400, "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
    entry("bare CR in header", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n"),
    entry("NUL in value", 400, get("/", "X: a\0b")),
    entry("control in value", 400, get("/", "X: a\u{01}b")),
    entry("DEL in value", 400, get("/", "X: a\u{7F}b")),
    entry("empty name", 400, get("/", ": v")),
    entry("blank before colon", 400, get("/", "X : v")),
    entry("blank in name", 400, get("/", "X Y: v")),
    entry("no colon", 400, get("/", "XY")),
    entry("bad name", 400, get("/", "X(Y): v")),
    entry("folded line", 400, get("/", "X: v", " w")),
    entry("folded first line", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    entry("HTTP/0.9", 400, "GET /\r\n\r\n"),
    entry("HTTP/2.0", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    entry("HTTP/2 preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    entry("HTTP/1.2", 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
    entry("lower-case http", 400, "GET / http/1.1\r\nHost: a\r\n\r\n"),
    entry("two blanks", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    entry("tab as blank", 400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    entry("trailing blank", 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
    entry("bad method", 400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    entry("three empty lines first", 400, "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    entry("CONNECT", 405, "CONNECT a:25 HTTP/1.1\r\nHost: a:25\r\n\r\n"),
    entry("TRACE", 405, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
  ]

  private static let targets: [Entry] = [
    entry("fragment", 400, get("/a#b")),
    entry("asterisk with GET", 400, get("*")),
    entry("no slash", 400, get("a/b")),
    entry("other scheme", 400, get("ftp://a/")),
    entry("absolute with user", 400, get("http://u@a/")),
    entry("absolute without host", 400, get("http:///p")),
    entry("encoded NUL", 400, get("/a%00b")),
    entry("control in target", 400, get("/a\u{01}")),
    entry("above ASCII in target", 400, get("/\u{E9}")),
  ]

  private static let limits: [Entry] = [
    entry("target of 64 KB", 414, get("/" + String(repeating: "a", count: 65_536))),
    entry("target without an end", 414, "GET /" + String(repeating: "a", count: 9000)),
    entry("head of 64 KB", 431, get("/", "X: " + String(repeating: "a", count: 65_536))),
    entry("head without an end", 431, "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 40_000)),
    entry(
      "101 fields", 431,
      "GET / HTTP/1.1\r\nHost: a\r\n" + (0..<100).map { "X-\($0): y\r\n" }.joined() + "\r\n"),
    entry("body over the limit", 413, head("Content-Length: 1000000000000")),
    entry("chunks over the limit", 413, chunked("7d0\r\n" + String(repeating: "a", count: 2000) + "\r\n0\r\n\r\n")),
  ]
}
