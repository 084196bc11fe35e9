import GRIP
import Testing

@testable import FanoutEdge

@Suite("Commands over ZeroMQ")
struct CommandTests {
  private func read(_ text: String) -> Command.Request {
    Command.Request(Array(text.utf8), limits: GRIPLimits())
  }

  private func command(_ members: (String, TNetValue)...) -> Result<Command, Command.Refusal> {
    var bytes: [UInt8] = []
    TNetValue.map(members.map { TNetValue.Member($0, $1) }).write(to: &bytes)
    return Command.Request(bytes, limits: GRIPLimits()).command
  }

  @Test func `the exchange of the specification, byte by byte`() throws {
    let request = read("55:2:id,1:1,6:method,9:conncheck,4:args,14:3:ids,5:2:a1,]}}")
    #expect(request.id == Array("1".utf8))
    #expect(request.command == .success(.connectionCheck(ids: [Array("a1".utf8)])))
    let answer = Command.answer(id: request.id, .success(.list([.bytes(Array("a1".utf8))])))
    #expect(String(decoding: answer, as: UTF8.self) == "42:2:id,1:1,7:success,4:true!5:value,5:2:a1,]}")
    let refusal = Command.answer(id: request.id, .failure(Command.Refusal(condition: "bad-request")))
    #expect(String(decoding: refusal, as: UTF8.self) == "54:2:id,1:1,7:success,5:false!9:condition,11:bad-request,}")
  }

  @Test func `every method with good arguments`() {
    #expect(command(("method", .bytes(Array("get-zmq-uris".utf8)))) == .success(.addresses))
    #expect(command(("method", .bytes(Array("recover".utf8))), ("args", .null)) == .success(.recover))
    #expect(
      command(
        ("method", .bytes(Array("refresh".utf8))),
        ("args", .map([TNetValue.Member("channel", .bytes(Array("news".utf8)))]))) == .success(.refreshChannel("news")))
    #expect(
      command(
        ("method", .bytes(Array("refresh".utf8))), ("args", .map([TNetValue.Member("cid", .bytes([0xff]))])))
        == .success(.refreshConnection(id: [0xff])))
    let item = TNetValue.map([
      TNetValue.Member("channel", .bytes(Array("news".utf8))),
      TNetValue.Member(
        "formats",
        .map([TNetValue.Member("http-stream", .map([TNetValue.Member("content", .bytes([0xff, 0x00]))]))])),
    ])
    #expect(
      command(
        ("method", .bytes(Array("publish".utf8))), ("args", .map([TNetValue.Member("items", .list([item]))])))
        == .success(.publish([GRIPItem(channel: "news", httpStream: .send(.binary([0xff, 0x00])))])))
  }

  @Test(arguments: [
    ("", nil), ("garbage", nil), ("5:abc,", nil), ("3:abc,", nil), ("-1:x,", nil), ("0:}", nil),
    ("10:2:aa,99:x,}", nil), ("999999999999999999999999999999999999999:x,", nil),
    ("9:2:id,1:7,}", "7"), ("19:2:id,1:7,6:method,0:~}", nil), ("21:2:id,1:7,6:method,0:~}", "7"),
  ])
  func `what is no command is answered, with its id where it has one`(text: String, id: String?) {
    let request = read(text)
    #expect(request.id == id.map { Array($0.utf8) })
    guard case .failure(let refusal) = request.command else {
      Issue.record("\(text) was taken for a command")
      return
    }
    #expect(refusal.condition == "bad-request")
    #expect(!refusal.text.isEmpty)
  }

  @Test func `arguments of another type are a bad request, a method that does not exist is not found`() {
    let method = { (name: String) in ("method", TNetValue.bytes(Array(name.utf8))) }
    #expect(command(method("self-destruct")) == .failure(Command.Refusal(condition: "method-not-found")))
    for arguments: TNetValue in [
      .null, .list([]), .bytes([]), .map([]), .map([TNetValue.Member("ids", .integer(1))]),
      .map([TNetValue.Member("ids", .list([.integer(1)]))]), .map([TNetValue.Member("items", .list([.null]))]),
      .map([TNetValue.Member("items", .list([.map([])]))]), .map([TNetValue.Member("cid", .integer(1))]),
      .map([TNetValue.Member("cid", .bytes([1])), TNetValue.Member("channel", .bytes([1]))]),
      .map([TNetValue.Member("channel", .bytes([0xff]))]),
    ] {
      for name in ["conncheck", "refresh", "publish"] {
        guard case .failure(let refusal) = command(method(name), ("args", arguments)) else {
          Issue.record("\(name) took \(arguments)")
          continue
        }
        #expect(refusal.condition == "bad-request")
      }
    }
  }

  @Test(arguments: 0..<20) func `tampered commands and items are values or refusals`(seed: Int) {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func random(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
    let item = TNetValue.map([
      TNetValue.Member("channel", .bytes(Array("news".utf8))),
      TNetValue.Member(
        "formats", .map([TNetValue.Member("http-stream", .map([TNetValue.Member("content", .bytes([0xff, 10]))]))])),
    ])
    let request = TNetValue.map([
      TNetValue.Member("id", .bytes([49])), TNetValue.Member("method", .bytes(Array("publish".utf8))),
      TNetValue.Member("args", .map([TNetValue.Member("items", .list([item, .float("1.5"), .bool(true)]))])),
    ])
    var whole: [UInt8] = []
    (seed.isMultiple(of: 2) ? request : item).write(to: &whole)
    let alphabet = Array("0123456789:,#^!~]}T-\u{0}".utf8)
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0...random(4) {
        let position = random(bytes.count)
        switch random(4) {
        case 0: bytes[position] = alphabet[random(alphabet.count)]
        case 1: bytes.remove(at: position)
        case 2: bytes.insert(alphabet[random(alphabet.count)], at: position)
        default: bytes[position] = UInt8(random(256))
        }
        if bytes.isEmpty { bytes = whole }
      }
      let request = Command.Request(bytes, limits: GRIPLimits())
      if case .failure(let refusal) = request.command { #expect(!refusal.condition.isEmpty) }
      // The same bytes as a message of a publisher.
      if let item = try? GRIPItem.decode(message: [UInt8(ascii: "T")] + bytes) { #expect(!item.channel.isEmpty) }
    }
  }
}
