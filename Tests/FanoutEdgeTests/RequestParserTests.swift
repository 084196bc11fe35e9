import FanoutEdge
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

/// What a parser made of a whole input: the requests, or the fault that ended them.
private struct Reading: Equatable {
  var requests: [String] = []
  var fault: Int?
  var isPartial = false
  var hasOwnMethod = false
}

@Suite("RFC 9112: reading requests")
struct RequestParserTests {
  private static func read(_ text: String, split: Int? = nil) -> Reading { read(Array(text.utf8), split: split) }

  private static func read(_ bytes: [UInt8], split: Int? = nil) -> Reading {
    var limits = MessageLimits()
    limits.maxBodyBytes = 1000
    var parser = RequestParser(limits: limits)
    var reading = Reading()
    var buffer = ByteBuffer()
    let parts = split.map { [Array(bytes[..<$0]), Array(bytes[$0...])] } ?? [bytes]
    var present = ""
    for part in parts {
      buffer.writeBytes(part)
      do {
        reading: while true {
          switch try parser.next(&buffer) {
          case .needsMore:
            reading.isPartial = buffer.readableBytes > 0
            break reading
          case .head(let head, _, _):
            if !["GET", "POST", "PUT", "OPTIONS"].contains(head.method) { reading.hasOwnMethod = true }
            present = "\(head.method) \(head.target) @\(head.authority) "
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

  /// Found by fuzzing: what had arrived behind a fault counted for the length of the line that it stood in.
  @Test func `what is wrong and too long as well has one fault, however it is cut`() {
    let long = String(repeating: "a", count: 9000)
    let fields = String(repeating: "N: \(long)\r\n", count: 4)
    let cases: [(text: String, fault: Int)] = [
      ("HT\r[\(long)", 400), ("GET /\(long)\r[", 414), ("GET /\(long) HTTP/1.1\r\nX\n", 414),
      ("GET / HTTP/1.1\r\nX\n\(fields)", 400), ("GET / HTTP/1.1\r\n\(fields)X\n", 431),
    ]
    for (text, fault) in cases {
      let bytes = Array(text.utf8)
      #expect(Self.read(bytes).fault == fault, "\(text.prefix(20))")
      for split in stride(from: 0, through: bytes.count, by: 97) {
        #expect(Self.read(bytes, split: split).fault == fault, "\(text.prefix(20)) at \(split)")
      }
    }
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
      let reading = Self.read(input, split: split)
      #expect(reading.requests == expected)
      #expect(reading.fault == nil)
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
  func `what llhttp refuses is refused, and both agree on where a request ends`(input: String) {
    Self.expectAgreement(Array(input.utf8))
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `a mutated request is never read otherwise than llhttp reads it`(seed: UInt64) {
    var generator = SeededGenerator(state: seed)
    let seeds = (Self.good.map(\.0) + HostileRequests.table.map(\.text)).filter { $0.utf8.count < 500 }.map {
      Array($0.utf8)
    }
    let alphabet = Array("\r\n\t :;,0123456789abcdefGETPOS/*?#%[]HTP.-_\0\u{0B}\u{7F}".utf8) + [0x80, 0xFF]
    for _ in 0..<2000 {
      var bytes = seeds.randomElement(using: &generator) ?? []
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0...bytes.count, using: &generator)
        let byte = alphabet.randomElement(using: &generator) ?? 0
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.insert(byte, at: place)
        case 1: if place < bytes.count { bytes.remove(at: place) }
        case 2: if place < bytes.count { bytes[place] = byte }
        default:
          let other = seeds.randomElement(using: &generator) ?? []
          bytes.insert(contentsOf: other.suffix(Int.random(in: 0...other.count, using: &generator)), at: place)
        }
      }
      Self.expectAgreement(bytes)
    }
  }

  /// Whatever ours accepts, llhttp accepts, with the same bodies and the same ends.
  private static func expectAgreement(_ bytes: [UInt8]) {
    let ours = read(bytes)
    let theirs = readByNIO(bytes)
    // llhttp knows a list of methods; ours takes any token. That is not framing.
    guard !ours.hasOwnMethod else { return }
    let shown = String(decoding: bytes, as: UTF8.self).debugDescription
    if ours.fault == nil {
      // Of a head that is not whole llhttp refuses the beginning already; ours waits for the end.
      if !ours.isPartial { #expect(theirs.fault == nil, "\(shown)") }
      #expect(ours.requests.map(body) == theirs.requests.map(body), "\(shown)")
    } else {
      #expect(ours.requests.count <= theirs.requests.count, "\(shown)")
    }
  }

  /// The last of the words that a reading made of a request.
  private static func body(_ request: String) -> String {
    request.split(separator: " ", omittingEmptySubsequences: false).last.map(String.init) ?? ""
  }

  private static func readByNIO(_ bytes: [UInt8]) -> Reading {
    let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
    var reading = Reading()
    var present = ""
    do {
      try channel.writeInbound(ByteBuffer(bytes: bytes))
    } catch {
      reading.fault = 400
    }
    while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
      switch part {
      case .head(let head): present = "\(head.method.rawValue) "
      case .body(let bytes): present += String(buffer: bytes)
      case .end: reading.requests.append(present)
      }
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    return reading
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

/// A source of chance that repeats (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
