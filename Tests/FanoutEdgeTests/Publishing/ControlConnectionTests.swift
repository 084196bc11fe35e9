import FanoutBus
import GRIP
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import FanoutEdge

@Suite("Control connections")
struct ControlConnectionTests {
  private final class Publisher {
    let rig: DeliveryRig
    let channel: EmbeddedChannel

    init(
      _ change: (inout ControlConfiguration) -> Void = { _ in },
      delivery: (inout DeliveryConfiguration) -> Void = {
        _ in
      }
    ) throws {
      rig = try DeliveryRig(loops: 1, delivery)
      var configuration = ControlConfiguration()
      change(&configuration)
      var logger = Logger(label: "test")
      logger.logLevel = .critical
      let service = ControlService(
        configuration: configuration, bus: rig.bus, core: rig.core, logger: logger, now: { 1000 })
      channel = EmbeddedChannel(
        handler: ControlConnection(service: service, isLoopback: true, loop: rig.loops[0]), loop: rig.loops[0])
      try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    func send(_ text: String) throws {
      if channel.isActive { try channel.writeInbound(ByteBuffer(string: text)) }
      rig.run()
    }

    func received() throws -> String {
      var text = ""
      while let part = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: part) }
      return text
    }
  }

  private func request(_ body: String, target: String = "/publish/", extra: String = "") -> String {
    "POST \(target) HTTP/1.1\r\nHost: localhost:5561\r\n\(extra)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private let body = #"{"items":[{"channel":"news","formats":{"http-stream":{"content":"hi\n"}}}]}"#
  private let published = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nPublished\n"

  @Test func `a publish reaches the listeners, and the connection serves the next one`() throws {
    let publisher = try Publisher()
    let sink = try publisher.rig.stream([GRIPChannel("news")])
    for _ in 0..<3 {
      try publisher.send(request(body))
      #expect(try publisher.received() == published)
    }
    #expect(sink.received().afterHead.chunks.joined() == "hi\nhi\nhi\n")
    #expect(publisher.channel.isActive)
  }

  @Test func `a request split at any byte is the same request`() throws {
    let text = request(body)
    for split in text.indices.dropFirst() {
      let publisher = try Publisher()
      let sink = try publisher.rig.stream([GRIPChannel("news")])
      try publisher.send(String(text[..<split]))
      #expect(try publisher.received() == "")
      try publisher.send(String(text[split...]))
      #expect(try publisher.received() == published)
      #expect(sink.received().afterHead.chunks == ["hi\n"])
    }
  }

  @Test func `requests sent ahead are answered in order`() throws {
    let publisher = try Publisher()
    try publisher.send(
      request(body, target: "/publish/?receipt=1") + "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        + request("", target: "/recover/", extra: "Accept: application/json\r\n"))
    let answers = try publisher.received()
    let bodies = [
      #"{"message":"Published","items":[{"channel":"news","receivers":{"http-stream":0}}]}"#, "Pushpin API\n",
      #"{"message":"Updated"}"#,
    ]
    var rest = answers[...]
    for body in bodies {
      let parts = rest.split(separator: body, maxSplits: 1, omittingEmptySubsequences: false)
      #expect(parts.count == 2)
      rest = parts.last ?? ""
    }
  }

  @Test func `a chunked body is taken, and who waits for 100 gets it`() throws {
    let publisher = try Publisher()
    try publisher.send(
      "POST /publish/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
    #expect(try publisher.received() == "HTTP/1.1 100 Continue\r\n\r\n")
    try publisher.send("\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n")
    #expect(try publisher.received() == published)
  }

  @Test func `one bad item refuses the whole batch`() throws {
    let publisher = try Publisher()
    let sink = try publisher.rig.stream([GRIPChannel("news")])
    let bad = body.dropLast(2) + #",{"channel":7,"formats":{"http-stream":{"content":"x"}}}]}"#
    try publisher.send(request(String(bad)))
    let answer = try publisher.received()
    #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"))
    #expect(answer.afterHead.hasPrefix("Invalid format: "))
    #expect(sink.received().afterHead == "")
    #expect(publisher.channel.isActive)
  }

  @Test(arguments: [
    ("POST /publish/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000001\r\n\r\n", "Request body too large.\n"),
    ("POST /publish/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", "Bad Content-Length.\n"),
    ("GET / HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "x", count: 11_000))", "Request header too large.\n"),
  ])
  func `what is too large is refused before it is read`(request: String, text: String) throws {
    let publisher = try Publisher()
    try publisher.send(request)
    let answer = try publisher.received()
    #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
    #expect(answer.contains("Connection: close\r\n"))
    #expect(answer.afterHead == text)
  }

  @Test func `bytes that are no request end the connection with a word`() throws {
    let publisher = try Publisher()
    try publisher.send("hello\r\n\r\n")
    #expect(try publisher.received().afterHead.hasPrefix("Failed to parse request header."))
    try publisher.send(request(body))
    #expect(try publisher.received() == "")
  }

  @Test func `the connection closes when it is asked to`() throws {
    for (text, version) in [
      (request(body, extra: "Connection: close\r\n"), 1), (request(body).replacing("HTTP/1.1", with: "HTTP/1.0"), 0),
    ] {
      let publisher = try Publisher()
      try publisher.send(text)
      #expect(try publisher.received().hasPrefix("HTTP/1.\(version) 200 OK\r\n"))
      publisher.rig.advance(.seconds(2))
      #expect(!publisher.channel.isActive)
    }
  }

  @Test func `where too much is on its way the publisher is told to try again`() throws {
    let publisher = try Publisher(delivery: { $0.itemsInFlight = 2 })
    let item = #"{"channel":"news","formats":{"http-stream":{"content":"x"}}}"#
    let batch = "{\"items\":[\(item),\(item)]}"
    // Two requests in one read: the first is on its way when the second comes.
    try publisher.send(request(batch) + request(batch) + request(batch))
    let answer = try publisher.received()
    #expect(answer.contains("Published\n"))
    #expect(answer.contains("HTTP/1.1 503 Service Unavailable\r\n"))
    #expect(answer.contains("Retry-After: 1\r\n"))
  }

  @Test func `a slow request and a quiet connection end after their time`() throws {
    let slow = try Publisher()
    try slow.send("POST /publish/ HTTP/1.1\r\n")
    slow.rig.advance(.seconds(31))
    #expect(!slow.channel.isActive)
    let quiet = try Publisher()
    quiet.rig.advance(.seconds(59))
    #expect(quiet.channel.isActive)
    quiet.rig.advance(.seconds(2))
    #expect(!quiet.channel.isActive)
  }

  @Test func `HEAD has no body`() throws {
    let publisher = try Publisher()
    try publisher.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    #expect(try publisher.received() == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\n")
  }
}
