import GRIP
import HTTPTypes
import NIOCore
import Testing

@testable import FanoutEdge

/// A machine and what its origin has seen and said, in words.
struct OverHTTPScript {
  var machine: OverHTTPMachine
  var requests: [OverHTTPMachine.Request] = []

  init(isOneEvent: Bool = false, _ change: (inout OverHTTPConfiguration) -> Void = { _ in }) {
    var configuration = OverHTTPConfiguration()
    change(&configuration)
    machine = OverHTTPMachine(configuration: configuration, isOneEvent: isOneEvent)
  }

  /// The next request's body; `nil` where there is none.
  mutating func ask(hasRoom: Bool = true) -> String? {
    guard let request = machine.nextRequest(hasRoom: hasRoom) else { return nil }
    requests.append(request)
    return String(decoding: request.body, as: UTF8.self)
  }

  mutating func answer(
    _ body: String = "", status: Int = 200, _ fields: HTTPFields = [:], type: String? = GRIPWebSocketEvent.mediaType
  ) -> [OverHTTPMachine.Action] {
    var fields = fields
    if let type { fields[.contentType] = type }
    return machine.responseReceived(
      ResponseHead(status: status, reason: "OK", fields: fields), body: ByteBuffer(string: body))
  }

  /// Opened, with what the answer says beside.
  mutating func open(_ fields: HTTPFields = [:]) {
    #expect(ask() == "OPEN\r\n")
    _ = answer("OPEN\r\n", fields)
    #expect(machine.phase == .open)
  }

  mutating func say(_ text: String) { #expect(machine.clientSent(.text(text)) == []) }
}

extension SocketFrame {
  static func text(_ text: String, isFirst: Bool = true, isLast: Bool = true) -> SocketFrame {
    SocketFrame(.text, ByteBuffer(string: text), isFirst: isFirst, isLast: isLast)
  }
}

extension HTTPFields {
  static func accepted(_ count: Int) -> HTTPFields { [.contentBytesAccepted: String(count)] }
}

@Suite("GRIP §15 WebSocket-over-HTTP")
struct OverHTTPMachineTests {
  // MARK: Opening (§15.4)

  @Test func `OPEN is asked once, and its acceptance carries the origin's fields and first messages`() {
    var script = OverHTTPScript()
    #expect(script.ask() == "OPEN\r\n")
    #expect(script.ask() == nil)
    let actions = script.answer(
      "OPEN\r\nTEXT 2\r\nhi\r\n",
      [
        .secWebSocketExtensions: #"grip; message-prefix="x:""#, .keepAliveInterval: "60", .contentLength: "20",
        HTTPField.Name("Set-Meta-User")!: "alice", HTTPField.Name("Sec-WebSocket-Protocol")!: "chat",
      ])
    #expect(
      actions == [
        .opened([HTTPField.Name("Sec-WebSocket-Protocol")!: "chat"], GRIPWebSocketExtension(messagePrefix: "x:")),
        .frame(.text("hi")),
      ])
    #expect(script.machine.keepAliveSeconds == 60)
    #expect(script.machine.meta == [.init(name: "User", value: "alice")])
  }

  @Test func `no events but a Keep-Alive-Interval means ask again later`() {
    var script = OverHTTPScript()
    #expect(script.ask() == "OPEN\r\n")
    #expect(script.answer("", [.keepAliveInterval: "30"]) == [])
    #expect(script.ask() == nil)
    script.machine.keepAliveDue()
    #expect(script.ask() == "OPEN\r\n")
    _ = script.answer("OPEN\r\n")
    #expect(script.machine.phase == .open)
  }

  @Test(arguments: ["", "TEXT 2\r\nhi\r\n", "CLOSE\r\n", "DISCONNECT\r\n", "OPEN", "TEXT x\r\n"])
  func `any other first event is a failure`(body: String) {
    var script = OverHTTPScript()
    _ = script.ask()
    let actions = script.answer(body)
    guard case .failed = actions.first else {
      Issue.record("\(actions)")
      return
    }
    #expect(script.machine.phase == .over)
  }

  @Test(arguments: [
    (403, "text/plain"), (200, "text/html"), (200, "application/websocket-events; charset=utf-8"), (200, nil),
    (101, "application/websocket-events"),
  ])
  func `an answer that is no WebSocket-over-HTTP refuses the client`(status: Int, type: String?) {
    var script = OverHTTPScript()
    _ = script.ask()
    let actions = script.answer("no", status: status, type: type)
    guard case .rejected(status, _, let fields, let body)? = actions.first else {
      Issue.record("\(actions)")
      return
    }
    #expect(fields[.contentType] == type)
    #expect(body == ByteBuffer(string: "no"))
  }

  @Test func `OPEN is not tried again`() {
    var script = OverHTTPScript()
    _ = script.ask()
    #expect(script.machine.requestFailed("refused", isRetryable: true) == [.failed("refused"), .finished])
  }

  // MARK: Later requests (§15.5)

  @Test func `all complete messages go in one request, in order, none while one is under way`() {
    var script = OverHTTPScript()
    script.open()
    script.say("a")
    #expect(script.ask() == "TEXT 1\r\na\r\n")
    script.say("b")
    #expect(script.machine.clientSent(SocketFrame(.binary, ByteBuffer(bytes: [1, 2]))) == [])
    #expect(script.machine.clientSent(SocketFrame(.ping, ByteBuffer())) == [])
    #expect(script.ask() == nil)
    #expect(script.answer("TEXT 2\r\nok\r\n") == [.frame(.text("ok"))])
    #expect(script.ask() == "TEXT 1\r\nb\r\nBINARY 2\r\n\u{1}\u{2}\r\nPING\r\n")
    #expect(script.requests.last?.replayedBytes == 0)
  }

  @Test func `fragments are joined, and a ping between them goes first`() {
    var script = OverHTTPScript()
    script.open()
    #expect(script.machine.clientSent(.text("he", isLast: false)) == [])
    #expect(script.ask() == nil)
    _ = script.machine.clientSent(SocketFrame(.ping, ByteBuffer(string: "p")))
    #expect(script.ask() == "PING 1\r\np\r\n")
    _ = script.machine.clientSent(.text("llo", isFirst: false))
    _ = script.answer()
    #expect(script.ask() == "TEXT 5\r\nhello\r\n")
  }

  @Test func `an empty message has the bare form`() {
    var script = OverHTTPScript()
    script.open()
    script.say("")
    #expect(script.ask() == "TEXT\r\n")
  }

  @Test func `the example of the specification`() {
    var script = OverHTTPScript()
    script.open()
    script.say("{a}{bc")
    #expect(script.ask() == "TEXT 6\r\n{a}{bc\r\n")
    #expect(script.answer("", .accepted(3)) == [])
    // Replay alone makes no request.
    #expect(script.ask() == nil)
    script.say("d}")
    #expect(script.ask() == "TEXT 3\r\n{bc\r\nTEXT 2\r\nd}\r\n")
    #expect(script.requests.last?.replayedBytes == 3)
    #expect(script.answer("TEXT 2\r\nok\r\n") == [.frame(.text("ok"))])
    script.machine.refresh()
    #expect(script.ask() == "")
    #expect(script.requests.last?.replayedBytes == 0)
  }

  @Test(arguments: [
    // Messages, accepted, what the next request offers, of which replayed.
    (["ab", "cd"], 0, "TEXT 2\r\nab\r\nTEXT 2\r\ncd\r\n", 4),
    (["ab", "cd"], 1, "TEXT 1\r\nb\r\nTEXT 2\r\ncd\r\n", 3),
    (["ab", "cd"], 2, "TEXT 2\r\ncd\r\n", 2),
    (["ab", "cd"], 3, "TEXT 1\r\nd\r\n", 1),
    (["ab", "cd"], 4, "", 0),
    // Empty messages go with content behind them, or with all.
    (["", "ab"], 0, "TEXT\r\nTEXT 2\r\nab\r\n", 2),
    (["", "ab"], 1, "TEXT 1\r\nb\r\n", 1),
    (["ab", "", "cd"], 2, "TEXT\r\nTEXT 2\r\ncd\r\n", 2),
    (["ab", "", "cd"], 3, "TEXT 1\r\nd\r\n", 1),
    (["ab", ""], 2, "", 0), (["", ""], 0, "", 0),
    // Bytes count, not characters.
    (["ä"], 1, "TEXT 1\r\n\u{FFFD}\r\n", 1),
  ])
  func `what is not accepted is offered again with the next request`(
    messages: [String], accepted: Int, next: String, replayed: Int
  ) {
    var script = OverHTTPScript()
    script.open()
    for message in messages { script.say(message) }
    _ = script.ask()
    #expect(script.answer("", .accepted(accepted)) == [])
    script.machine.refresh()
    #expect(script.ask() == next)
    #expect(script.requests.last?.replayedBytes == replayed)
  }

  @Test(arguments: ["3", "-1", "x", ""]) func `accepting what was not offered fails`(value: String) {
    var script = OverHTTPScript()
    script.open()
    script.say("ab")
    _ = script.ask()
    let actions = script.answer("", [.contentBytesAccepted: value])
    guard case .lost = actions.first else {
      Issue.record("\(actions)")
      return
    }
    #expect(actions.last == .finished)
    #expect(script.ask() == nil)
  }

  @Test func `one event is exactly one, an empty one and the close too`() {
    var script = OverHTTPScript(isOneEvent: true)
    script.open()
    script.say("")
    script.say("ab")
    script.machine.clientClosed(SocketClose(code: 1000))
    #expect(script.ask() == "TEXT\r\n")
    _ = script.answer()
    #expect(script.ask() == "TEXT 2\r\nab\r\n")
    _ = script.answer("", .accepted(1))
    #expect(script.ask() == "TEXT 1\r\nb\r\n")
    #expect(script.requests.last?.replayedBytes == 1)
    _ = script.answer()
    #expect(script.ask() == "CLOSE 2\r\n\u{3}\u{FFFD}\r\n")
  }

  @Test func `where more waits than one event, something must be accepted`() {
    var script = OverHTTPScript(isOneEvent: true)
    script.open()
    script.say("ab")
    script.say("c")
    _ = script.ask()
    guard case .lost = script.answer("", .accepted(0)).first else {
      Issue.record("goes on")
      return
    }
  }

  @Test func `without room for the answer nothing is asked`() {
    var script = OverHTTPScript()
    script.open()
    script.say("a")
    #expect(script.ask(hasRoom: false) == nil)
    #expect(script.ask() == "TEXT 1\r\na\r\n")
  }

  @Test func `a refresh while a request is under way comes right after it, once`() {
    var script = OverHTTPScript()
    script.open()
    script.say("a")
    _ = script.ask()
    script.machine.refresh()
    script.machine.refresh()
    _ = script.answer()
    #expect(script.ask() == "")
    _ = script.answer()
    #expect(script.ask() == nil)
  }

  @Test func `resuming tells the last ids, with the next request only`() {
    var script = OverHTTPScript()
    script.open()
    script.machine.resume(["news": "41"])
    #expect(script.ask() == "")
    #expect(script.requests.last?.lastIDs == ["news": "41"])
    _ = script.answer()
    script.say("a")
    _ = script.ask()
    #expect(script.requests.last?.lastIDs == [:])
  }

  // MARK: Fields (§15.3)

  @Test(arguments: [("60", 60), ("5", 20), ("19", 20), ("0", nil), ("-3", nil), ("soon", nil), (" 30 ", 30)])
  func `Keep-Alive-Interval is at least 20, or off`(value: String, seconds: Int?) {
    var script = OverHTTPScript()
    script.open([.keepAliveInterval: "100"])
    script.say("a")
    _ = script.ask()
    _ = script.answer("", [.keepAliveInterval: value])
    #expect(script.machine.keepAliveSeconds == seconds)
    script.say("a")
    _ = script.ask()
    _ = script.answer()
    #expect(script.machine.keepAliveSeconds == seconds)
  }

  @Test func `values are kept, replaced and deleted without regard to case`() {
    var script = OverHTTPScript { $0.maxMetaCount = 2 }
    script.open([HTTPField.Name("Set-Meta-User")!: "alice", HTTPField.Name("Set-Meta-Room")!: "7"])
    script.say("a")
    _ = script.ask()
    #expect(script.requests.last?.meta == [.init(name: "User", value: "alice"), .init(name: "Room", value: "7")])
    _ = script.answer("", [HTTPField.Name("set-meta-user")!: "bob", HTTPField.Name("SET-META-ROOM")!: ""])
    #expect(script.machine.meta == [.init(name: "user", value: "bob")])
  }

  @Test func `more values than the limit fail`() {
    var script = OverHTTPScript { $0.maxMetaCount = 1 }
    _ = script.ask()
    let actions = script.answer(
      "OPEN\r\n", [HTTPField.Name("Set-Meta-A")!: "1", HTTPField.Name("Set-Meta-B")!: "2"])
    guard case .failed = actions.first else {
      Issue.record("\(actions)")
      return
    }
  }

  @Test func `a message of the origin's longer than a frame comes whole, in several`() {
    var script = OverHTTPScript { $0.maxFrameBytes = 125 }
    script.open()
    script.machine.refresh()
    _ = script.ask()
    let text = String(repeating: "x", count: 300)
    let actions = script.answer("TEXT 12c\r\n\(text)\r\nTEXT\r\n")
    #expect(
      actions == [
        .frame(.text(String(repeating: "x", count: 125), isLast: false)),
        .frame(.text(String(repeating: "x", count: 125), isFirst: false, isLast: false)),
        .frame(.text(String(repeating: "x", count: 50), isFirst: false)), .frame(.text("")),
      ])
  }

  @Test(arguments: ["OPEN\r\n", "DISCONNECT\r\n", "TEXT 5\r\nhe", "TEXT"])
  func `events that have no place later`(body: String) {
    var script = OverHTTPScript()
    script.open()
    script.machine.refresh()
    _ = script.ask()
    let actions = script.answer(body)
    if body == "TEXT 5\r\nhe" {
      // What is shorter than declared is taken as it is.
      #expect(actions == [.frame(.text("he"))])
    } else {
      guard case .lost = actions.first else {
        Issue.record("\(actions)")
        return
      }
    }
  }

  // MARK: Closing and errors (§15.6)

  @Test func `the client's close is answered by the origin's`() {
    var script = OverHTTPScript()
    script.open()
    script.machine.clientClosed(SocketClose(code: 1000, reason: "bye"))
    #expect(script.ask() == "CLOSE 5\r\n\u{3}\u{FFFD}bye\r\n")
    let actions = script.machine.responseReceived(
      ResponseHead(status: 200, reason: "OK", fields: [.contentType: GRIPWebSocketEvent.mediaType]),
      body: ByteBuffer(bytes: Array("CLOSE 2\r\n".utf8) + [0x03, 0xE8] + Array("\r\n".utf8)))
    #expect(actions == [.closed(SocketClose(code: 1000)), .finished])
    #expect(script.machine.phase == .over)
  }

  @Test func `a close without code is CLOSE alone, and code 0 counts as none`() {
    var script = OverHTTPScript()
    script.open()
    script.machine.clientClosed(SocketClose())
    #expect(script.ask() == "CLOSE\r\n")
    #expect(script.answer("CLOSE 2\r\n\u{0}\u{0}\r\n") == [.closed(SocketClose()), .finished])
  }

  @Test func `a close that is not answered waits where keep-alive is on, and is unclean otherwise`() {
    var script = OverHTTPScript()
    script.open([.keepAliveInterval: "20"])
    script.machine.clientClosed(SocketClose(code: 1000))
    _ = script.ask()
    #expect(script.answer() == [])
    #expect(script.ask() == nil)
    script.machine.keepAliveDue()
    #expect(script.ask() == "")
    #expect(script.answer("CLOSE\r\n") == [.closed(SocketClose()), .finished])

    script = OverHTTPScript()
    script.open()
    script.machine.clientClosed(SocketClose(code: 1000))
    _ = script.ask()
    guard case .lost = script.answer().first else {
      Issue.record("goes on")
      return
    }
  }

  @Test func `a close whose messages were not accepted is offered again behind them`() {
    var script = OverHTTPScript()
    script.open([.keepAliveInterval: "20"])
    script.say("abc")
    script.machine.clientClosed(SocketClose())
    #expect(script.ask() == "TEXT 3\r\nabc\r\nCLOSE\r\n")
    #expect(script.answer("", .accepted(1)) == [])
    #expect(script.ask() == "TEXT 2\r\nbc\r\nCLOSE\r\n")
    #expect(script.requests.last?.replayedBytes == 2)
    // Nothing accepted: asked again later, not at once.
    #expect(script.answer("", .accepted(0)) == [.retry(attempt: 0)])
    #expect(script.ask() == nil)
    script.machine.retryDue()
    #expect(script.ask() == "TEXT 2\r\nbc\r\nCLOSE\r\n")
    #expect(script.answer("CLOSE\r\n") == [.closed(SocketClose()), .finished])
  }

  @Test func `a part of a close cannot be accepted`() {
    var script = OverHTTPScript()
    script.open()
    script.say("a")
    script.machine.clientClosed(SocketClose(code: 1000))
    _ = script.ask()
    guard case .lost = script.answer("", .accepted(2)).first else {
      Issue.record("goes on")
      return
    }
  }

  @Test func `the origin's close goes to the client, and its answer back, whatever that is answered`() {
    var script = OverHTTPScript()
    script.open()
    script.machine.refresh()
    _ = script.ask()
    #expect(script.answer("TEXT 1\r\na\r\nCLOSE\r\nTEXT 1\r\nb\r\n") == [.frame(.text("a")), .closed(SocketClose())])
    #expect(script.ask() == nil)
    script.machine.clientClosed(SocketClose())
    #expect(script.ask() == "CLOSE\r\n")
    #expect(script.answer("gone", status: 500, type: nil) == [.finished])
  }

  @Test func `a client that is lost is a DISCONNECT, after the request under way`() {
    var script = OverHTTPScript()
    script.open()
    script.say("a")
    _ = script.ask()
    script.say("b")
    script.machine.clientLost()
    #expect(script.ask() == nil)
    #expect(script.answer("TEXT 1\r\nx\r\n") == [])
    #expect(script.ask() == "DISCONNECT\r\n")
    #expect(script.answer("", status: 404) == [.finished])
    #expect(script.machine.phase == .over)
  }

  @Test func `a client that is lost while it waits for OPEN is told to the origin only if that accepted`() {
    var script = OverHTTPScript()
    _ = script.ask()
    script.machine.clientLost()
    #expect(script.answer("OPEN\r\n") == [])
    #expect(script.ask() == "DISCONNECT\r\n")

    script = OverHTTPScript()
    _ = script.ask()
    script.machine.clientLost()
    #expect(script.answer("no", status: 403) == [.finished])

    script = OverHTTPScript()
    _ = script.ask()
    script.machine.clientLost()
    #expect(script.machine.requestFailed("gone", isRetryable: true) == [.finished])
  }

  @Test func `letting the origin go is a CLOSE without code`() {
    var script = OverHTTPScript()
    script.open()
    script.say("never mind")
    script.machine.detach()
    #expect(script.ask() == "CLOSE\r\n")
    #expect(script.answer() == [.finished])
  }

  @Test func `a request that did not arrive is sent again, the same, five times`() {
    var script = OverHTTPScript()
    script.open()
    script.say("a")
    #expect(script.ask() == "TEXT 1\r\na\r\n")
    script.say("b")
    for attempt in 0..<5 {
      #expect(script.machine.requestFailed("refused", isRetryable: true) == [.retry(attempt: attempt)])
      #expect(script.ask() == nil)
      script.machine.retryDue()
      #expect(script.ask() == "TEXT 1\r\na\r\n")
    }
    #expect(script.machine.requestFailed("refused", isRetryable: true) == [.lost("refused"), .finished])
  }

  @Test func `a request that may have arrived is not sent again`() {
    var script = OverHTTPScript()
    script.open()
    script.say("a")
    _ = script.ask()
    #expect(script.machine.requestFailed("no answer", isRetryable: false) == [.lost("no answer"), .finished])
  }

  @Test func `a message too long closes with 1009, and the origin hears that the client has gone`() {
    var script = OverHTTPScript { $0.maxMessageBytes = 1024 }
    script.open()
    #expect(script.machine.clientSent(.text(String(repeating: "x", count: 1024), isLast: false)) == [])
    let actions = script.machine.clientSent(.text("x", isFirst: false, isLast: false))
    #expect(
      actions == [.closed(SocketClose(code: 1009, reason: "a message is longer than 1024 bytes"))])
    #expect(script.ask() == "DISCONNECT\r\n")
  }

  @Test func `the client is not read while what it has sent waits, but is where only more of it helps`() {
    var script = OverHTTPScript { $0.maxMessageBytes = 1024 }
    script.open()
    #expect(script.machine.isWritable)
    script.say(String(repeating: "x", count: 1024))
    #expect(!script.machine.isWritable)
    _ = script.ask()
    #expect(!script.machine.isWritable)
    _ = script.answer("", .accepted(0))
    #expect(script.machine.isWritable)
    script.say("y")
    #expect(!script.machine.isWritable)
  }
}
