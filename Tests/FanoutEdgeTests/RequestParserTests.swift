import FanoutEdge
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

/// What a parser made of a whole input: the requests, or the fault that ended them.
private struct Reading: Equatable {
  var requests: [String] = []
  var fault: Int?
}

@Suite("RFC 9112: reading requests")
struct RequestParserTests {
  private static func read(_ text: String, split: Int? = nil) -> Reading {
    var limits = MessageLimits()
    limits.maxBodyBytes = 1000
    var parser = RequestParser(limits: limits)
    var reading = Reading()
    var buffer = ByteBuffer()
    let bytes = Array(text.utf8)
    let parts = split.map { [Array(bytes[..<$0]), Array(bytes[$0...])] } ?? [bytes]
    var present = ""
    for part in parts {
      buffer.writeBytes(part)
      do {
        reading: while true {
          switch try parser.next(&buffer) {
          case .needsMore: break reading
          case .head(let head, _, _): present = "\(head.method) \(head.target) @\(head.authority) "
          case .body(let bytes): present += String(buffer: bytes)
          case .end: reading.requests.append(present)
          }
        }
      } catch {
        reading.fault = error.status
        return reading
      }
    }
    return reading
  }

  static let good: [(String, [String])] = [
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ["GET / @a "]),
    ("\r\nGET /x?y HTTP/1.1\r\nHost: a:80\r\n\r\n", ["GET /x?y @a:80 "]),
    ("GET / HTTP/1.0\r\n\r\n", ["GET / @localhost "]),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", ["POST / @a abc"]),
    (
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n",
      ["POST / @a abcde"]
    ),
    (
      "POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: Chunked\r\n\r\n0\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n",
      ["POST / @a ", "GET /2 @b "]
    ),
    ("GET http://b/p?q HTTP/1.1\r\nHost: a\r\n\r\n", ["GET /p?q @b "]),
    ("GET http://b HTTP/1.1\r\nHost: a\r\n\r\n", ["GET / @b "]),
    ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", ["OPTIONS * @a "]),
    ("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", ["GET / @[::1]:8080 "]),
    ("PURGE / HTTP/1.1\r\nHost: a\r\nX-Empty:\r\n\r\n", ["PURGE / @a "]),
  ]

  @Test(arguments: good)
  func `a good request reads the same, wherever its bytes are split`(input: String, expected: [String]) {
    for split in 0...input.utf8.count {
      #expect(Self.read(input, split: split) == Reading(requests: expected))
    }
  }

  @Test(arguments: HostileRequests.table)
  func `a bad request is refused with its status, wherever its bytes are split`(entry: HostileRequests.Entry) {
    let whole = Self.read(entry.text)
    #expect(whole.fault == entry.status, "\(entry.name)")
    #expect(whole.requests.count <= entry.before, "\(entry.name)")
    guard entry.text.utf8.count < 2000 else { return }
    for split in 0...entry.text.utf8.count {
      #expect(Self.read(entry.text, split: split).fault == entry.status, "\(entry.name) split at \(split)")
    }
  }

  @Test(arguments: good.map(\.0) + HostileRequests.table.map(\.text))
  func `what llhttp refuses is refused, and both agree on where a request ends`(input: String) throws {
    let ours = Self.read(input)
    let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
    var theirs = Reading()
    var present = ""
    do {
      try channel.writeInbound(ByteBuffer(string: input))
    } catch {
      theirs.fault = 400
    }
    while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
      switch part {
      case .head(let head): present = "\(head.method.rawValue) "
      case .body(let bytes): present += String(buffer: bytes)
      case .end: theirs.requests.append(present)
      }
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    // llhttp knows a list of methods; ours takes any token. That is not framing.
    if theirs.fault != nil, !input.contains("PURGE") { #expect(ours.fault != nil) }
    if ours.fault == nil {
      #expect(ours.requests.count == theirs.requests.count)
      for (our, their) in zip(ours.requests, theirs.requests) {
        #expect(
          our.split(separator: " ", omittingEmptySubsequences: false).last
            == their.split(separator: " ", omittingEmptySubsequences: false).last)
      }
    }
  }

  @Test func `bytes above ASCII in a value are kept as they are`() throws {
    var parser = RequestParser(limits: MessageLimits())
    var buffer = ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\nX: ")
    buffer.writeBytes([0x66, 0xFC, 0x72] as [UInt8])
    buffer.writeString("\r\n\r\n")
    guard case .head(let head, _, _) = try parser.next(&buffer) else {
      Issue.record("no head")
      return
    }
    let written = MessageEncoder.replayHead(head)
    #expect(written.contains(0xFC))
  }
}
