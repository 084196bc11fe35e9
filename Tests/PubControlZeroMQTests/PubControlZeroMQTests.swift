import CZeroMQ
import GRIP
import PubControl
import PubControlZeroMQ
import Testing

@Suite("Publishing over ZeroMQ", .timeLimit(.minutes(5)))
struct PubControlZeroMQTests {
  private static func client(
    _ endpoints: (address: String, kind: ZeroMQEndpoint.Kind)...,
    configure: (inout PubControlZeroMQ.Options) -> Void = { _ in }
  ) throws -> PubControlZeroMQ {
    var options = PubControlZeroMQ.Options()
    options.timeout = .seconds(30)
    configure(&options)
    return try PubControlZeroMQ(
      endpoints: endpoints.map { try ZeroMQEndpoint($0.address, kind: $0.kind) }, options: options)
  }

  /// An address where nobody listens.
  private static func nowhere() throws -> String { try ProxySocket(ZMQ_PULL).address }

  @Test(arguments: [GRIPItem.MessageForm.json, .tnetstring])
  func `items reach a PULL socket whole and in order`(form: GRIPItem.MessageForm) async throws {
    let proxy = try ProxySocket(ZMQ_PULL)
    let control = try Self.client((proxy.address, .push)) { $0.form = form }
    let items = (1...200).map { GRIPItem.stream("news", "é \($0)\n", id: "\($0)") }
    for start in stride(from: 0, to: 200, by: 50) {
      let outcomes = try await control.publish(Array(items[start..<start + 50]))
      #expect(outcomes.map(\.endpoint) == [proxy.address])
      #expect(outcomes.allSatisfy { $0.failure == nil })
    }
    for item in items { #expect(try await proxy.receiveItem() == item) }
    await control.close()
  }

  @Test func `a publish waits for a proxy that comes later`() async throws {
    let address = try Self.nowhere()
    let control = try Self.client((address, .push))
    async let outcome = control.publish([.stream("news", "early")], toEndpoint: 0)
    let proxy = try ProxySocket(ZMQ_PULL, at: address)
    #expect(try await proxy.receiveItem() == .stream("news", "early"))
    #expect(try await outcome.failure == nil)
    await control.close()
  }

  @Test(arguments: [ZeroMQEndpoint.Kind.push, .publish])
  func `where nobody takes messages that is said, and others get theirs`(kind: ZeroMQEndpoint.Kind) async throws {
    let proxy = try ProxySocket(ZMQ_PULL)
    let control = try Self.client((try Self.nowhere(), kind), (proxy.address, .push)) {
      $0.timeout = .milliseconds(1500)
    }
    let outcomes = try await control.publish([.stream("news", "hello")])
    guard case .transport(let text)? = outcomes[0].failure else {
      Issue.record("\(outcomes)")
      return
    }
    #expect(text.contains("nobody takes messages there"))
    #expect(outcomes[1].failure == nil)
    #expect(try await proxy.receiveItem() == .stream("news", "hello"))
    await control.close()
  }

  @Test func `a SUB socket gets the channels that it asked for, and who listens is told`() async throws {
    let proxy = try ProxySocket(ZMQ_SUB)
    proxy.want("news")
    proxy.want("a,b é")
    let control = try Self.client((proxy.address, .publish))
    var interest = control.interest().makeAsyncIterator()
    let items: [GRIPItem] = [.stream("nobody", "1"), .stream("news", "2"), .stream("a,b é", "3"), .stream("new", "4")]
    // Without a word of ours: the first publish waits until the proxy has told who listens.
    async let outcome = control.publish(items, toEndpoint: 0)
    #expect(try await proxy.receiveItem() == .stream("news", "2"))
    #expect(try await outcome.failure == nil)
    #expect(try await proxy.receiveItem() == .stream("a,b é", "3"))
    let told = [await interest.next(), await interest.next()]
    #expect(
      Set(told) == [
        ChannelInterest(endpoint: 0, channel: "news", isWanted: true),
        ChannelInterest(endpoint: 0, channel: "a,b é", isWanted: true),
      ])
    #expect(control.isWanted("news", atEndpoint: 0) && !control.isWanted("nobody", atEndpoint: 0))
    proxy.want("news", false)
    proxy.turn()
    #expect(await interest.next() == ChannelInterest(endpoint: 0, channel: "news", isWanted: false))
    #expect(!control.isWanted("news", atEndpoint: 0))
    // Who begins to look later sees what is there.
    var late = control.interest().makeAsyncIterator()
    #expect(await late.next() == ChannelInterest(endpoint: 0, channel: "a,b é", isWanted: true))
    #expect(try await control.publish([.stream("news", "5"), .stream("a,b é", "6")])[0].failure == nil)
    #expect(try await proxy.receiveItem() == .stream("a,b é", "6"))
    await control.close()
    #expect(await late.next() == nil)
    #expect(proxy.receiveNow() == nil)
  }

  @Test func `the listeners of a proxy that goes are gone, and come back with it`() async throws {
    var proxy: ProxySocket? = try ProxySocket(ZMQ_SUB)
    let address = try #require(proxy?.address)
    proxy?.want("news")
    let control = try Self.client((address, .publish))
    var interest = control.interest().makeAsyncIterator()
    try await proxy?.wait(for: "news", by: control)
    #expect(await interest.next()?.isWanted == true)
    proxy = nil
    #expect(await interest.next()?.isWanted == false)
    async let outcome = control.publish([.stream("news", "again")], toEndpoint: 0)
    let next = try ProxySocket(ZMQ_SUB, at: address)
    next.want("news")
    #expect(try await next.receiveItem() == .stream("news", "again"))
    #expect(try await outcome.failure == nil)
    await control.close()
  }

  @Test func `nothing is dropped for a proxy that does not read: publishes wait, and fail in the end`() async throws {
    let proxy = try ProxySocket(ZMQ_SUB, queue: 5)
    proxy.want("news")
    let control = try Self.client((proxy.address, .publish)) {
      $0.sendQueue = 5
      $0.timeout = .seconds(2)
    }
    try await proxy.wait(for: "news", by: control)
    let content = String(repeating: "x", count: 400_000)
    var taken = 0
    while taken < 200, try await control.publish([.stream("news", content, id: "\(taken)")])[0].failure == nil {
      taken += 1
    }
    try #require(taken > 0 && taken < 200)
    for number in 0..<taken { #expect(try await proxy.receiveItem().id == "\(number)") }
    // There is room again, and what failed is not in it.
    #expect(try await control.publish([.stream("news", "y", id: "last")])[0].failure == nil)
    #expect(try await proxy.receiveItem().id == "last")
    await control.close()
  }

  @Test func `a publish that is given up is not sent, and one too many is not taken`() async throws {
    let address = try Self.nowhere()
    let control = try Self.client((address, .push)) { $0.pendingPublishes = 1 }
    var waiting = Task { try await control.publish([.stream("news", "given up")], toEndpoint: 0) }
    var second = PublishFailure?.none
    for _ in 0..<1000 {
      let task = Task { try await control.publish([.stream("news", "too much")], toEndpoint: 0) }
      try await Task.sleep(for: .milliseconds(20))
      task.cancel()
      second = try await task.value.failure
      if case .overloaded? = second { break }
      // It came before the first one, which was then the one too many: once more from the beginning.
      waiting.cancel()
      _ = try await waiting.value
      waiting = Task { try await control.publish([.stream("news", "given up")], toEndpoint: 0) }
    }
    guard case .overloaded(pending: 1)? = second else {
      Issue.record("\(String(describing: second))")
      return
    }
    waiting.cancel()
    guard case .cancelled? = try await waiting.value.failure else {
      Issue.record("not cancelled")
      return
    }
    let proxy = try ProxySocket(ZMQ_PULL, at: address)
    #expect(try await control.publish([.stream("news", "sent")], toEndpoint: 0).failure == nil)
    #expect(try await proxy.receiveItem() == .stream("news", "sent"))
    await control.close()
    guard case .transport(let text)? = try await control.publish([.stream("news", "late")])[0].failure else {
      Issue.record("it took an item after its end")
      return
    }
    #expect(text.contains("closed"))
  }

  @Test func `an item that cannot be written is sent to nobody`() async throws {
    let proxy = try ProxySocket(ZMQ_PULL)
    let control = try Self.client((proxy.address, .push))
    await #expect(throws: GRIPEncodingError.self) {
      try await control.publish([.stream("news", "good"), .stream("", "bad")])
    }
    #expect(try await control.publish([])[0].failure == nil)
    _ = try await control.publish([.stream("news", "next")])
    #expect(try await proxy.receiveItem() == .stream("news", "next"))
    await control.close()
  }

  @Test(arguments: [
    "", "tcp://", "tcp://host", "tcp://:5560", "tcp://host:", "tcp://host:0", "tcp://host:70000", "tcp://*:5560",
    "ipc://", "http://localhost:5561", "tcp://a\u{0}:1", "udp://host:1",
  ])
  func `an address that is none is refused in words`(address: String) {
    #expect(throws: GRIPDecodingError.self) { try ZeroMQEndpoint(address) }
  }
}
