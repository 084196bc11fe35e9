package import HTTPTypes
package import NIOCore

/// Writes heads and chunks. Values come from parsed messages or from this package: names are tokens and values hold no
/// line break by construction.
package enum MessageEncoder {
  /// `METHOD target HTTP/1.1`, `Host`, the fields, the framing, an empty line.
  package static func requestHead(
    method: String, target: String, host: String, fields: HTTPFields, framing: BodyFraming
  ) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: 256 + fields.count * 48)
    buffer.writeString(method)
    buffer.writeStaticString(" ")
    buffer.writeString(target)
    buffer.writeStaticString(" HTTP/1.1\r\nHost: ")
    buffer.writeString(host)
    buffer.writeStaticString("\r\n")
    write(fields, to: &buffer)
    writeFraming(framing, to: &buffer)
    buffer.writeStaticString("\r\n")
    return buffer
  }

  /// `HTTP/1.x status reason`, the fields, the framing, `Connection` where it says something, an empty line.
  ///
  /// - Parameter fields: without hop-by-hop fields; `Content-Length` among them is kept only where `framing` is `none`
  ///   (an answer to `HEAD`, a 304).
  package static func responseHead(
    status: Int, reason: String?, minorVersion: Int, fields: HTTPFields, framing: BodyFraming, closes: Bool,
    keepsContentLength: Bool = false
  ) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: 256 + fields.count * 48)
    buffer.writeStaticString("HTTP/1.")
    buffer.writeInteger(minorVersion == 0 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
    buffer.writeStaticString(" ")
    buffer.writeString(String(status))
    buffer.writeStaticString(" ")
    let phrase = reason ?? StatusPhrase.of(status)
    buffer.writeString(phrase.isEmpty ? StatusPhrase.of(status) : phrase)
    buffer.writeStaticString("\r\n")
    if framing == .none, keepsContentLength {
      write(fields, to: &buffer)
    } else {
      write(fields, to: &buffer, omitting: .contentLength)
    }
    writeFraming(framing, to: &buffer)
    if closes {
      buffer.writeStaticString("Connection: close\r\n")
    } else if minorVersion == 0 {
      buffer.writeStaticString("Connection: keep-alive\r\n")
    }
    buffer.writeStaticString("\r\n")
    return buffer
  }

  /// The head of a request as a client could have sent it, for keeping it while it is held.
  package static func replayHead(_ head: RequestHead) -> [UInt8] {
    var buffer = ByteBufferAllocator().buffer(capacity: 256)
    buffer.writeString("\(head.method) \(head.target) HTTP/1.\(head.minorVersion)\r\nHost: \(head.authority)\r\n")
    write(head.fields, to: &buffer)
    buffer.writeStaticString("\r\n")
    return Array(buffer.readableBytesView)
  }

  /// The bytes before the data of a chunk.
  package static func chunkPrefix(_ count: Int) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: 12)
    buffer.writeString(String(count, radix: 16))
    buffer.writeStaticString("\r\n")
    return buffer
  }

  /// What follows the data of a chunk.
  package static let chunkSuffix = ByteBuffer(staticString: "\r\n")
  /// The last chunk, without trailers.
  package static let lastChunk = ByteBuffer(staticString: "0\r\n\r\n")
  /// The answer to `Expect: 100-continue`.
  package static let continueResponse = ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")

  private static func write(_ fields: HTTPFields, to buffer: inout ByteBuffer, omitting name: HTTPField.Name? = nil) {
    for field in fields where name == nil || field.name != name {
      buffer.writeString(field.name.rawName)
      buffer.writeStaticString(": ")
      field.withUnsafeBytesOfValue { bytes in _ = buffer.writeBytes(bytes) }
      buffer.writeStaticString("\r\n")
    }
  }

  private static func writeFraming(_ framing: BodyFraming, to buffer: inout ByteBuffer) {
    switch framing {
    case .none, .untilClose: break
    case .length(let length):
      buffer.writeStaticString("Content-Length: ")
      buffer.writeString(String(length))
      buffer.writeStaticString("\r\n")
    case .chunked:
      buffer.writeStaticString("Transfer-Encoding: chunked\r\n")
    }
  }
}

/// Standard reason phrases (RFC 9110 §15, RFC 6585).
package enum StatusPhrase {
  /// The phrase, `Undefined Reason` where there is none (GRIP §7.2).
  package static func of(_ status: Int) -> String { table[status] ?? "Undefined Reason" }

  private static let table: [Int: String] = [
    100: "Continue", 101: "Switching Protocols", 200: "OK", 201: "Created", 202: "Accepted",
    203: "Non-Authoritative Information", 204: "No Content", 205: "Reset Content", 206: "Partial Content",
    300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
    307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized",
    402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
    407: "Proxy Authentication Required", 408: "Request Timeout", 409: "Conflict", 410: "Gone",
    411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large", 414: "URI Too Long",
    415: "Unsupported Media Type", 416: "Range Not Satisfiable", 417: "Expectation Failed",
    421: "Misdirected Request", 422: "Unprocessable Content", 426: "Upgrade Required", 428: "Precondition Required",
    429: "Too Many Requests", 431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Gateway Timeout", 505: "HTTP Version Not Supported", 508: "Loop Detected",
  ]
}
