import FanoutEdge
import HTTPTypes
import NIOCore
import Testing

@Suite("RFC 6455 §4.2: the handshake with a client")
struct SocketHandshakeTests {
  @Test func `the accept value is RFC 6455's own`() {
    #expect(SocketHandshake.accept(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  private static func replacing(_ name: String, with line: String?) -> String {
    var lines = SocketEdge.handshake().components(separatedBy: "\r\n").filter { !$0.hasPrefix(name + ":") }
    lines.removeLast(2)
    if let line { lines.append(line) }
    return lines.joined(separator: "\r\n") + "\r\n\r\n"
  }

  static let refused: [(text: String, status: Int, says: String)] = [
    (replacing("Connection", with: "Connection: keep-alive"), 400, "Connection: Upgrade"),
    (replacing("Connection", with: nil), 400, "Connection: Upgrade"),
    (replacing("Sec-WebSocket-Key", with: nil), 400, "Sec-WebSocket-Key"),
    (replacing("Sec-WebSocket-Key", with: "Sec-WebSocket-Key: short"), 400, "Sec-WebSocket-Key"),
    (replacing("Sec-WebSocket-Key", with: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZX=="), 400, "Sec-WebSocket-Key"),
    (replacing("Sec-WebSocket-Key", with: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== "), 101, ""),
    (
      replacing("Host", with: "Host: a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400, "one Sec-WebSocket-Key"
    ),
    (replacing("Sec-WebSocket-Version", with: nil), 400, "Sec-WebSocket-Version"),
    (replacing("Sec-WebSocket-Version", with: "Sec-WebSocket-Version: 8"), 426, "13"),
    (replacing("Host", with: "Host: a\r\nContent-Length: 5") + "hello", 400, "no body"),
    (replacing("Host", with: "Host: a\r\nSec-WebSocket-Extensions: a b"), 400, "Sec-WebSocket-Extensions"),
  ]

  @Test(arguments: refused.indices)
  func `a handshake that is none gets a reason`(index: Int) async throws {
    let (text, status, says) = Self.refused[index]
    try await SocketEdge.run { fixture in
      let client = try await RawClient.connect(port: fixture.port)
      try await client.send(text)
      if status == 101 {
        _ = try await client.receive(until: "HTTP/1.1 101 ", seconds: 20)
      } else {
        let answer = try await client.receiveAll(seconds: 20)
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(answer.contains(says))
        #expect((status == 426) == answer.contains("Sec-WebSocket-Version: 13\r\n"))
        #expect(fixture.origin.peers.isEmpty)
      }
      await client.close()
    }
  }

  @Test(arguments: ["POST / HTTP/1.1", "GET / HTTP/1.0"])
  func `what cannot become a WebSocket is an ordinary request`(line: String) async throws {
    try await SocketEdge.run(
      origin: { _ in .bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") },
      { fixture in
        let client = try await RawClient.connect(port: fixture.port)
        try await client.send(line + SocketEdge.handshake().dropFirst(14))
        let answer = try await client.receive(until: "\r\n\r\nok", seconds: 20)
        #expect(answer.contains(" 200 "))
        let peer = try await fixture.origin.peer()
        #expect(peer.field("Upgrade") == nil)
        await client.close()
      })
  }
}
