import GRIP
import NIOCore
import Testing

@testable import FanoutEdge

@Suite("What waits for a WebSocket's client")
struct SocketQueueTests {
  private func drain(_ queue: inout SocketQueue) -> [String] {
    var sent: [String] = []
    while let entry = queue.next(limit: 10) {
      switch entry {
      case .bytes(let bytes): sent.append("item " + String(buffer: bytes))
      case .frame(let frame): sent.append("frame " + String(buffer: frame.payload))
      case .close(let close): sent.append("close \(close.code ?? 0)")
      }
    }
    return sent
  }

  @Test func `what is published between two fragments comes after the last of them (Q-25)`() {
    var queue = SocketQueue()
    queue.add(.text("a", isLast: false))
    queue.add(item: ByteBuffer(string: "1"))
    queue.add(SocketFrame(.ping, ByteBuffer(string: "p")))
    queue.add(.text("b", isFirst: false, isLast: false))
    queue.add(item: ByteBuffer(string: "2"))
    queue.add(.text("c", isFirst: false))
    queue.add(.text("d"))
    #expect(drain(&queue) == ["frame a", "frame p", "frame b", "frame c", "item 12", "frame d"])
    #expect(queue.isIdle)
    #expect(queue.byteCount == 0 && queue.itemCount == 0 && queue.itemBytes == 0)
  }

  @Test func `a message that was begun at once holds items back as well`() {
    var queue = SocketQueue()
    queue.passed(.text("a", isLast: false))
    #expect(!queue.isIdle)
    queue.add(item: ByteBuffer(string: "1"))
    #expect(!queue.hasReady)
    queue.passed(.text("b", isFirst: false))
    #expect(queue.hasReady)
    #expect(drain(&queue) == ["item 1"])
  }

  @Test func `items are joined up to a size, and dropped without the origin's frames`() {
    var queue = SocketQueue()
    for number in 1...4 { queue.add(item: ByteBuffer(string: "item\(number)")) }
    queue.add(.text("f"))
    #expect(queue.itemCount == 4)
    #expect(queue.dropItems() == 4)
    #expect(drain(&queue) == ["frame f"])
    for number in 1...4 { queue.add(item: ByteBuffer(string: "item\(number)")) }
    #expect(drain(&queue) == ["item item1item2", "item item3item4"])
  }

  @Test func `the close is the last thing`() {
    var queue = SocketQueue()
    queue.add(item: ByteBuffer(string: "1"))
    queue.add(SocketClose(code: 1000))
    queue.add(item: ByteBuffer(string: "2"))
    queue.add(.text("f"))
    queue.add(SocketClose(code: 1001))
    #expect(drain(&queue) == ["item 1", "close 1000"])
  }

  @Test(
    arguments: [
      (nil, "", nil, ""), (0, "", nil, ""), (0, "why", 1000, "why"), (4001, "kicked", 4001, "kicked"),
      (1005, "", nil, ""), (999, "x", 1000, "x"), (70_000, "", nil, ""), (nil, "why", 1000, "why"),
    ] as [(Int?, String, UInt16?, String)])
  func `a close code that may not stand on the wire counts as none, or as 1000`(
    code: Int?, reason: String, expected: UInt16?, text: String
  ) {
    #expect(SocketClose(lenient: code, reason: reason) == SocketClose(code: expected, reason: text))
  }

  @Test func `a close reason is cut at a character`() {
    let close = SocketClose(lenient: 1000, reason: String(repeating: "ä", count: 100))
    #expect(close.reason.utf8.count == 122)
  }
}

@Suite("GRIP §16.2 what an origin says to whom")
struct OriginMessageReaderTests {
  /// The text of a whole message cut at a place, and what comes of it.
  private func read(_ text: String, at cut: Int?, prefix: String = "m:", kind: SocketFrame.Kind = .text) -> [String] {
    var reader = OriginMessageReader(GRIPWebSocketExtension(messagePrefix: prefix), limit: 64)
    let bytes = Array(text.utf8)
    let parts = cut.map { [bytes[..<$0], bytes[$0...]] } ?? [bytes[...]]
    var forwarded: [UInt8] = []
    var outputs: [String] = []
    var isEnded = false
    var count = 0
    for (index, part) in parts.enumerated() {
      let frame = SocketFrame(kind, ByteBuffer(bytes: part), isFirst: index == 0, isLast: index == parts.count - 1)
      switch reader.read(frame) {
      case .forward(let frame)?:
        #expect(frame.isFirst == (count == 0))
        count += 1
        forwarded += frame.payload.readableBytesView
        isEnded = frame.isLast
      case .control(let json)?: outputs.append("control " + String(decoding: json, as: UTF8.self))
      case nil: break
      }
    }
    if isEnded { outputs.append("message " + String(decoding: forwarded, as: UTF8.self)) }
    return outputs
  }

  @Test(arguments: [
    ("m:hello", "m:", ["message hello"]), ("c:{}", "m:", ["control {}"]), ("hello", "m:", []), ("", "m:", []),
    ("m", "m:", []), ("m:", "m:", ["message "]), ("hello", "", ["message hello"]), ("c:{}", "", ["control {}"]),
    ("xyz:hello", "xyz:", ["message hello"]), ("c", "", ["message c"]), ("c:1", "c:1", ["control 1"]),
  ])
  func `control comes first, then the prefix, the rest is for nobody; also split at every byte`(
    text: String, prefix: String, expected: [String]
  ) {
    #expect(read(text, at: nil, prefix: prefix) == expected)
    for cut in 0...text.utf8.count {
      #expect(read(text, at: cut, prefix: prefix) == expected, "cut at \(cut)")
    }
  }

  @Test func `binary is never control`() {
    #expect(read("c:{}", at: nil, kind: .binary) == [])
    #expect(read("m:x", at: nil, kind: .binary) == ["message x"])
  }

  @Test func `a control message beyond the limit is ignored, whole`() {
    let long = "c:" + String(repeating: "x", count: 63)
    #expect(read(long, at: nil) == [])
    #expect(read(long, at: 40) == [])
    #expect(read(String(long.dropLast()), at: 40).count == 1)
  }

  @Test func `pings and pongs pass, also inside a message`() {
    var reader = OriginMessageReader(GRIPWebSocketExtension(), limit: 64)
    #expect(reader.read(.text("m", isLast: false)) == nil)
    let ping = SocketFrame(.ping, ByteBuffer(string: "p"))
    #expect(reader.read(ping) == .forward(ping))
    #expect(reader.read(.text(":x", isFirst: false)) == .forward(.text("x")))
  }
}
