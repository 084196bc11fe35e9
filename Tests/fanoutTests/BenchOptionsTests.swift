import ArgumentParser
import GRIP
import ServerKit
import Testing

@testable import fanout

@Suite("The options of fanout bench")
struct BenchOptionsTests {
  private func plan(_ words: [String], descriptors: Int = 1_024) throws -> BenchPlan {
    try BenchCommand.parse(words).plan(run: 0xC0FFEE, descriptorLimit: descriptors)
  }

  private func refusal(_ words: [String], descriptors: Int = 1_024) -> String {
    do {
      _ = try plan(words, descriptors: descriptors)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func `without options it holds a hundred streams of this machine's proxy`() throws {
    let plan = try plan([])
    #expect(plan.connections == 100 && plan.messages == 100 && plan.channels == 1)
    #expect(plan.transport == .stream)
    #expect(plan.target.address.description == "127.0.0.1:7999")
    #expect(plan.control.controlURI == "http://127.0.0.1:5561")
    #expect(plan.channelName(0) == "bench-00c0ffee-0")
  }

  @Test(arguments: [
    (["--connections", "961"], "1 to 960"), (["--connections", "0"], "1 to 960"),
    (["--origin", "127.0.0.1:9000", "--connections", "481"], "1 to 480"), (["--channels", "101"], "--channels"),
    (["--channels", "2", "--target", "http://127.0.0.1/a"], "{channel}"), (["--rate", "0"], "--rate"),
    (["--rate", "nan"], "--rate"), (["--rate", "1e-300"], "1000000 seconds"),
    (["--messages", "0"], "--messages"), (["--size", "0"], "--size"), (["--batch", "1001"], "--batch"),
    (["--timeout", "1ms"], "--timeout"), (["--timeout", "soon"], "--timeout"), (["--type", "smoke"], "long-poll"),
    (["--prefix", "a,b"], "--prefix"), (["--origin", "10.0.0.1:9000"], "loopback"),
    (["--origin", "nowhere"], "--origin"),
    (["--origin", "127.0.0.1:9000", "--target", "http://127.0.0.1/x?chan={channel}"], "channel="),
    (
      ["--origin", "127.0.0.1:9000", "--type", "long-poll", "--target", "http://127.0.0.1/x?channel={channel}"], "last="
    ),
    (["--iss", "me"], "--key"), (["--control", "tcp://x"], "GRIP URL"),
    (["--target", "gopher://127.0.0.1/"], "http://"), (["--insecure"], "--insecure"),
    (["--target", "ws://127.0.0.1/"], "--type websocket"), (["--type", "websocket", "--http2"], "--http2"),
    (["--http2", "--streams", "0"], "--streams"), (["--target", "https://127.0.0.1/", "--ca", "/nowhere"], "--ca"),
    (["--target", "https://127.0.0.1/", "--ca", "/nowhere", "--insecure"], "--insecure"),
    (["--origin", "127.0.0.1:9000", "--reliable", "--target", "http://127.0.0.1/x?channel={channel}"], "--reliable"),
    (["--window", "0"], "--window"), (["--window", "3", "--batch", "4"], "--window"),
    (["--http2", "--streams", "2", "--connections", "1921"], "1 to 1920"),
  ])
  func `what cannot be done is refused with the reason`(words: [String], reason: String) {
    #expect(refusal(words).contains(reason), "\(words): \(refusal(words))")
  }

  @Test(arguments: [
    ["--target", "http://example.org/"], ["--target", "http://127.example.org/"],
    ["--target", "http://10.1.2.3:7999/"],
    ["--control", "http://example.org:5561"], ["--control", "http://127.0.0.1.example.org"],
  ])
  func `another machine is loaded only with a word for it`(words: [String]) throws {
    #expect(refusal(words).contains("--allow-remote"))
    _ = try plan(words + ["--allow-remote"])
  }

  @Test(arguments: ["http://localhost/x", "http://[::1]:80/x", "http://[::1]/x", "http://127.1.2.3:1/"])
  func `every name of this machine is one`(target: String) throws {
    _ = try plan(["--target", target])
  }

  @Test func `a key signs with an issuer and is a token without`() throws {
    guard case .jwt(let issuer, _) = try plan(["--key", "secret", "--iss", "me"]).control.authentication else {
      Issue.record("no signature")
      return
    }
    #expect(issuer == "me")
    guard case .bearer(let token) = try plan(["--key", "secret"]).control.authentication else {
      Issue.record("no token")
      return
    }
    #expect(token == "secret")
  }

  @Test func `the places of a target are filled in`() throws {
    let target = try BenchTarget("http://127.0.0.1:81/{channel}/{n}?after={last}&c={channel}#part")
    #expect(target.path(channel: "a/b é", number: 9, last: 4) == "/a%2Fb%20%C3%A9/9?after=4&c=a%2Fb%20%C3%A9")
    #expect(try BenchTarget("http://127.0.0.1").path(channel: "", number: 0, last: 0) == "/")
    #expect(try BenchTarget("http://127.0.0.1?q").path(channel: "", number: 0, last: 0) == "/?q")
  }

  @Test func `a secure target has another port, and a name to ask for where it is no address`() throws {
    let secure = try plan(["--target", "https://localhost/x", "--http2", "--streams", "7"])
    #expect(secure.tls != nil && secure.target.authority == "localhost" && secure.target.serverName == "localhost")
    #expect(secure.target.address.port == 443 && secure.streamsPerConnection == 7)
    let socket = try plan(["--target", "wss://127.0.0.1:7443/x", "--type", "websocket", "--insecure"])
    #expect(socket.tls != nil && socket.target.authority == "127.0.0.1:7443" && socket.target.serverName == nil)
    #expect(try plan(["--target", "ws://[::1]/x", "--type", "websocket"]).target.serverName == nil)
  }

  @Test(arguments: [
    "http://", "http://:80/", "http://127.0.0.1:x/", "http://127.0.0.1:0/", "http://127.0.0.1/{channel",
    "http://127.0.0.1/{who}", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "ftp://127.0.0.1/",
  ])
  func `a target that is none is refused`(text: String) {
    #expect(throws: BenchTarget.Problem.self) { try BenchTarget(text) }
  }

  @Test func `each channel's share adds up to all messages`() throws {
    var plan = try plan([])
    plan.channels = 7
    for count in [0, 1, 6, 7, 8, 100] {
      #expect((0..<7).map { plan.share(ofChannel: $0, of: count) }.reduce(0, +) == count)
    }
  }
}
