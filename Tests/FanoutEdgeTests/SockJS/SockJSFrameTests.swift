import NIOCore
import Testing

@testable import FanoutEdge

@Suite("SockJS: frames, and what a request asks for")
struct SockJSFrameTests {
  private static func text(_ buffer: ByteBuffer) -> String { String(buffer: buffer) }

  @Test func `messages are an array of JSON strings that are JavaScript too`() {
    let messages = ["a", "\"\\\n\u{1}", "é\u{2028}\u{2029}\u{202A}"].map { SockJSFrame.quoted(ByteBuffer(string: $0)) }
    #expect(
      Self.text(SockJSFrame.messages(messages)) == #"a["a","\"\\\n\u0001","é\u2028\u2029"# + "\u{202A}" + #""]"#)
    #expect(Self.text(SockJSFrame.messages([])) == "a[]")
  }

  @Test func `what is no UTF-8 is repaired, since SockJS has only text`() {
    #expect(Self.text(SockJSFrame.quoted(ByteBuffer(bytes: [0x61, 0xFF, 0x62]))) == "\"a\u{FFFD}b\"")
  }

  @Test func `a close frame has a code and a reason, with words of its own where there are none`() {
    #expect(Self.text(SockJSFrame.close(SocketClose(code: 4001, reason: #"say "no""#))) == #"c[4001,"say \"no\""]"#)
    #expect(Self.text(SockJSFrame.close(SocketClose(code: 3000))) == #"c[3000,"Connection closed"]"#)
    #expect(Self.text(SockJSFrame.close(SocketClose())) == #"c[1000,"Connection closed"]"#)
  }

  @Test func `for a script a frame is a string in a call`() {
    let frame = SockJSFrame.messages([SockJSFrame.quoted(ByteBuffer(string: "x"))])
    #expect(Self.text(SockJSFrame.script(frame, callback: "cb.a")) == #"/**/cb.a("a[\"x\"]");"# + "\n")
  }

  @Test(arguments: [
    (#"["a","é"]"#, ["a", "é"]), ("[]", []), (#" [ "a" ] "#, ["a"]), (#""a""#, nil), (#"["a",1]"#, nil),
    (#"["a""#, nil),
    ("", nil), (#"["a"]x"#, nil), (#"[["a"]]"#, nil), ("{}", nil),
  ])
  func `clients send arrays of strings`(text: String, messages: [String]?) {
    #expect(SockJSFrame.read(text.utf8, limit: 100)?.map(Self.text) == messages)
  }

  @Test func `a text beyond the limit is no array`() {
    #expect(SockJSFrame.read(#"["aaaa"]"#.utf8, limit: 8) != nil)
    #expect(SockJSFrame.read(#"["aaaaa"]"#.utf8, limit: 8) == nil)
  }

  @Test func `fragments become a message, split wherever they are`() {
    let whole = Array("ä[1]".utf8)
    for cut in 0...whole.count {
      var assembler = SockJSAssembler(limit: 100)
      let first = SocketFrame(.text, ByteBuffer(bytes: whole[..<cut]), isFirst: true, isLast: false)
      let rest = SocketFrame(.text, ByteBuffer(bytes: whole[cut...]), isFirst: false, isLast: true)
      #expect(assembler.take(first) == .nothing)
      #expect(assembler.take(SocketFrame(.ping, ByteBuffer())) == .nothing)
      #expect(assembler.take(rest) == .message(ByteBuffer(bytes: whole)))
      #expect(assembler.take(SocketFrame(.binary, ByteBuffer(string: "next"))) == .message(ByteBuffer(string: "next")))
    }
  }

  @Test func `a message has a limit, whole or in fragments`() {
    var assembler = SockJSAssembler(limit: 4)
    #expect(assembler.take(SocketFrame(.text, ByteBuffer(string: "1234"))) == .message(ByteBuffer(string: "1234")))
    #expect(assembler.take(SocketFrame(.text, ByteBuffer(string: "12345"))) == .tooLarge)
    #expect(assembler.take(SocketFrame(.text, ByteBuffer(string: "123"), isLast: false)) == .nothing)
    #expect(assembler.take(SocketFrame(.text, ByteBuffer(string: "45"), isFirst: false)) == .tooLarge)
  }

  @Test(arguments: [
    ("GET", "/info", SockJSOperation.info), ("GET", "/info?t=1", .info), ("POST", "/info", .unknown),
    ("GET", "/info/", .unknown), ("GET", "", .unknown), ("GET", "/", .unknown), ("GET", "x/info", .unknown),
    ("GET", "/iframe.html", .iframe), ("GET", "/iframe-1.2.html?a", .iframe), ("GET", "/iframe.htm", .unknown),
    ("OPTIONS", "/a/b/xhr", .preflight), ("OPTIONS", "", .preflight), ("GET", "/websocket", .unknown),
    ("POST", "/a/b/xhr", .poll(session: "b")), ("POST", "/a.b/c.d/xhr?t=1", .poll(session: "c.d")),
    ("GET", "/a/b/xhr", .unknown), ("POST", "//b/xhr", .unknown), ("POST", "/a//xhr", .unknown),
    ("POST", "/a/b/xhr/", .unknown), ("POST", "/b/xhr", .unknown), ("POST", "/a/b/c/xhr", .unknown),
    ("POST", "/a/b/xhr_send", .send(session: "b")), ("GET", "/a/b/xhr_send", .unknown),
    ("POST", "/a/b/xhr_streaming", .unknown), ("GET", "/a/b/eventsource", .unknown), ("GET", "/a/b/htmlfile", .unknown),
    ("GET", "/a/b/jsonp?c=x", .scriptPoll(session: "b", callback: "x")),
    ("GET", "/a/b/jsonp?c=x&callback=y%2Ez", .scriptPoll(session: "b", callback: "y.z")),
    ("GET", "/a/b/jsonp", .scriptPoll(session: "b", callback: nil)),
    ("GET", "/a/b/jsonp?c=alert(1)", .scriptPoll(session: "b", callback: nil)),
    ("POST", "/a/b/jsonp_send", .scriptSend(session: "b", query: nil)),
    ("GET", "/a/b/jsonp_send?d=1", .scriptSend(session: "b", query: "d=1")),
  ])
  func `the method and the path say what is asked for`(method: String, rest: String, operation: SockJSOperation) {
    #expect(SockJSOperation(method: method, rest: rest[...], isUpgrade: false) == operation)
  }

  @Test(arguments: [
    ("/websocket", SockJSOperation.rawSocket), ("/a/b/websocket", .framedSocket), ("/a/b/else", .framedSocket),
    ("/else", .unknown), ("/a/b", .unknown), ("/a/b/c/d", .unknown), ("", .unknown),
  ])
  func `WebSockets are raw or framed`(rest: String, operation: SockJSOperation) {
    #expect(SockJSOperation(method: "GET", rest: rest[...], isUpgrade: true) == operation)
  }

  @Test func `a session's name has a limit`() {
    let name = String(repeating: "n", count: 256)
    #expect(SockJSOperation(method: "POST", rest: "/a/\(name)/xhr", isUpgrade: false) == .poll(session: name))
    #expect(SockJSOperation(method: "POST", rest: "/a/\(name)n/xhr", isUpgrade: false) == .unknown)
  }

  @Test func `a form's blanks are plus signs or percent-encoded`() {
    #expect(SockJSOperation.parameter("d", of: "x=1&d=a+b%2Bc%20d&d=2") == "a b+c d")
    #expect(SockJSOperation.parameter("d", of: "x=1&dd=2") == nil)
    #expect(SockJSOperation.parameter("d", of: "d=%zz") == nil)
  }

  @Test func `the origin is asked for the base path, or for the one that the route names`() {
    let rule = SockJSRule(base: "/sj/")
    #expect(rule.base == "/sj")
    #expect(rule.originTarget(of: "/sj/a/b/xhr?q=1", isWebSocket: false) == "/sj?q=1")
    #expect(rule.originTarget(of: "/sj/a/b/any", isWebSocket: true) == "/sj/websocket")
    let other = SockJSRule(base: "/", originPath: "/live")
    #expect(other.base == "" && other.originTarget(of: "/websocket", isWebSocket: true) == "/live")
    #expect(SockJSRule(base: "/").originTarget(of: "/a/b/xhr", isWebSocket: false) == "/")
  }

  @Test func `the page for iframes loads the script that is set, escaped`() {
    let page = SockJSPage.iframe(scriptURL: #"https://a/"><b>&"#)
    #expect(page.contains(#"<script src="https://a/&quot;&gt;&lt;b&gt;&amp;"></script>"#))
    #expect(SockJSPage.digest("abc") == "900150983cd24fb0d6963f7d28e17f72")
  }
}
