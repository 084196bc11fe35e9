@testable import BuddycloudAPI
import Channels
import ChannelServer
import ChannelStoreSQLite
import Foundation
import GRIP
import HTTPTypes
import PubControl
import Testing

@Suite("Publishing to proxies (buddycloud-http-api.md §5.5)")
struct ProxyRelayTests {
  /// A publisher that tries once, as the relay itself tries again.
  static func publisher(_ uris: String...) -> PubControl {
    var options = PubControl.Options()
    options.attempts = 1
    return PubControl(
      endpoints: uris.map { uri in
        GRIPEndpoint(
          controlURI: uri, authentication: .jwt(issuer: "realm", key: GRIPKey(secret: TestAPI.proxyKey)),
          verifyKey: GRIPKey(secret: TestAPI.proxyKey))
      }, options: options)
  }

  @Test func `an event is two items per queue, on every proxy, whether or not anybody listens`() async throws {
    let (first, second) = (ControlDouble(), ControlDouble())
    try await first.run { firstURI in
      try await second.run { secondURI in
        try await TestAPI.run(publisher: Self.publisher(firstURI, secondURI)) { api in
          try await api.register("alice")
          try await eventually { try await Self.hasStarted(api, 2) }
          let id = try await api.post(text: "hello")
          let channels = ["np-alice@example.com", "np-anonymous@example.com", "np-node-alice@example.com.posts"]
          for double in [first, second] {
            try await eventually { double.taken.count == 6 }
            #expect(
              Set(double.taken.map(\.channel)) == Set(channels.flatMap { ["\($0)-json", "\($0)-atom"] }))
            #expect(double.taken.allSatisfy { $0.id == "1" && $0.previousID == "0" })
            #expect(double.requests == 1)
            #expect(double.authorizations.first?.hasPrefix("Bearer ") == true)
          }
          let poll = try await api.get("/notifications/posts?since=cursor:0")
          let json = try #require(first.taken.first { $0.channel == "np-anonymous@example.com-json" })
          guard case .send(let message) = json.httpResponse, case .full(let body) = message.body else {
            Issue.record("the item has no whole response")
            return
          }
          #expect(String(decoding: body.bytes, as: UTF8.self) == poll.body)
          #expect(message.headers.map { "\($0.name): \($0.value)" } == ["Content-Type: application/json"])
          #expect(message.status == 200)
          #expect(message.reason == "OK")
          guard case .send(let stream, _) = json.httpStream else {
            Issue.record("the item has no stream content")
            return
          }
          let text = String(decoding: stream.bytes, as: UTF8.self)
          #expect(text.hasPrefix("id: 1\nevent: post\ndata: {\"id\":\"\(id)\""))
          let atom = try #require(first.taken.first { $0.channel == "np-anonymous@example.com-atom" })
          #expect(atom.httpStream == nil)
        }
      }
    }
  }

  @Test func `ids and previous ids are a chain per channel`() async throws {
    let double = ControlDouble()
    try await double.run { uri in
      try await TestAPI.run(publisher: Self.publisher(uri)) { api in
        try await api.register("alice", "bob")
        try await eventually { try await Self.hasStarted(api, 1) }
        for number in 1...6 {
          let user = number.isMultiple(of: 2) ? "alice" : "bob"
          try await api.post(text: "\(number)", to: "\(user)@example.com", as: user)
        }
        try await eventually { double.ids(of: "np-anonymous@example.com-json").count == 6 }
        for channel in Set(double.taken.map(\.channel)) {
          let items = double.taken.filter { $0.channel == channel }
          #expect(items.map(\.previousID) == ["0"] + items.dropLast().map(\.id))
        }
        #expect(double.ids(of: "np-node-bob@example.com.posts-json") == ["1", "3", "5"])
      }
    }
  }

  @Test func `what a proxy does not take at first arrives later, once, in order`() async throws {
    let double = ControlDouble()
    try await double.run { uri in
      try await TestAPI.run(publisher: Self.publisher(uri), { $0.relay.minDelay = .milliseconds(5) }) { api in
        try await api.register("alice")
        try await eventually { try await Self.hasStarted(api, 1) }
        double.refuse(.serviceUnavailable, .internalServerError, .unauthorized)
        for number in 1...3 { try await api.post(text: "\(number)") }
        try await eventually { double.ids(of: "np-anonymous@example.com-json").count == 3 }
        #expect(double.ids(of: "np-anonymous@example.com-json") == ["1", "2", "3"])
        #expect(double.requests >= 4)
      }
    }
  }

  @Test func `a proxy that is down keeps nobody else waiting`() async throws {
    let up = ControlDouble()
    try await up.run { upURI in
      // A port that nobody listens on any more.
      let (uris, uri) = AsyncStream<String>.makeStream()
      try await ControlDouble().run { uri.yield($0) }
      let goneURI = try #require(await uris.first { _ in true })
      try await TestAPI.run(
        publisher: Self.publisher(upURI, goneURI), { $0.relay.minDelay = .milliseconds(5) }
      ) { api in
        try await api.register("alice")
        try await eventually { try await Self.hasStarted(api, 2) }
        try await api.post(text: "one")
        try await api.post(text: "two")
        try await eventually { up.ids(of: "np-anonymous@example.com-json") == ["1", "2"] }
        let gone = try #require(api.relays.last)
        #expect(try await api.channels.relayPosition(gone.positionName) == 0)
      }
    }
  }

  @Test func `an item that a proxy refuses as malformed is given up alone`() async throws {
    let double = ControlDouble()
    double.poison(id: "2")
    try await double.run { uri in
      try await TestAPI.run(publisher: Self.publisher(uri), { $0.relay.minDelay = .milliseconds(5) }) { api in
        try await api.register("alice")
        try await eventually { try await Self.hasStarted(api, 1) }
        double.refuse(.serviceUnavailable, .serviceUnavailable)
        for number in 1...3 { try await api.post(text: "\(number)") }
        try await eventually { double.ids(of: "np-anonymous@example.com-json") == ["1", "3"] }
      }
    }
  }

  @Test func `after the retry window events are given up, and clients still get them by their cursor`() async throws {
    let double = ControlDouble()
    try await double.run { uri in
      try await TestAPI.run(
        publisher: Self.publisher(uri),
        {
          $0.relay.minDelay = .milliseconds(5)
          $0.relay.retryWindow = .zero
        }
      ) { api in
        try await api.register("alice")
        try await eventually { try await Self.hasStarted(api, 1) }
        double.refuse(.serviceUnavailable)
        try await api.post(text: "lost")
        try await eventually { double.requests == 1 }
        try await api.post(text: "kept")
        try await eventually { double.ids(of: "np-anonymous@example.com-json") == ["2"] }
        let poll = try await api.get("/notifications/posts?since=cursor:0")
        #expect(poll.json["items"]?.elements.map { $0["content"]?.string } == ["lost", "kept"])
      }
    }
  }

  @Test func `a restart goes on from the kept position; a new proxy begins at the end`() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "relay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let store = try SQLiteChannelStore(SQLiteStoreConfiguration(path: directory.appending(path: "db.sqlite").path))
    let (old, new) = (ControlDouble(), ControlDouble())
    try await old.run { oldURI in
      try await TestAPI.run(store: store, publisher: Self.publisher(oldURI)) { api in
        try await api.register("alice")
        try await eventually { try await Self.hasStarted(api, 1) }
        try await api.post(text: "one")
        try await eventually { old.ids(of: "np-anonymous@example.com-json") == ["1"] }
      }
      // Nobody publishes while this one is written.
      try await TestAPI.run(store: store) { api in try await api.post(text: "two") }
      try await new.run { newURI in
        try await TestAPI.run(store: store, publisher: Self.publisher(oldURI, newURI)) { api in
          try await eventually { old.ids(of: "np-anonymous@example.com-json") == ["1", "2"] }
          try await eventually { try await Self.hasStarted(api, 2) }
          try await api.post(text: "three")
          try await eventually { new.ids(of: "np-anonymous@example.com-json") == ["3"] }
          try await eventually { old.ids(of: "np-anonymous@example.com-json") == ["1", "2", "3"] }
        }
      }
    }
    try store.close()
  }

  @Test func `a relay shows no key and no password, whatever prints it`() async throws {
    try await TestAPI.run(publisher: Self.publisher("http://user:hunter2@127.0.0.1:1/x?key=hunter2")) { api in
      for relay in api.relays {
        #expect("\(relay)" == "relay to 127.0.0.1:1/x")
      }
    }
  }

  /// Whether so many relays have a position, so that nothing that is written now is before their beginning.
  static func hasStarted(_ api: TestAPI, _ count: Int) async throws -> Bool {
    var started = 0
    for relay in api.relays {
      if try await api.channels.relayPosition(relay.positionName) != nil { started += 1 }
    }
    return started == count
  }
}

@Suite("What a relay does after a failure")
struct RelayMachineTests {
  private var configuration: APIConfiguration.Relay {
    var configuration = APIConfiguration.Relay()
    configuration.minDelay = .milliseconds(100)
    configuration.maxDelay = .seconds(1)
    configuration.retryWindow = .seconds(60)
    return configuration
  }

  private func batch(_ count: Int, at seconds: Int64) -> [(sequence: Int64, time: Timestamp)] {
    (0..<count).map { (Int64($0 + 1), Timestamp(milliseconds: seconds * 1000)) }
  }

  @Test func `waits double up to the longest, and begin anew after a success`() {
    var machine = RelayMachine(configuration: configuration)
    let wall = Timestamp(milliseconds: 0)
    for delay in [100, 200, 400, 800, 1000, 1000] {
      let after = machine.batchFailed(batch(1, at: 0), isPermanent: false, now: .zero, wall: wall)
      #expect(after == .retry(after: .milliseconds(delay)))
    }
    machine.batchConfirmed()
    let after = machine.batchFailed(batch(1, at: 0), isPermanent: false, now: .zero, wall: wall)
    #expect(after == .retry(after: .milliseconds(100)))
  }

  @Test func `old events of a proxy that has just begun to fail are tried for the whole window`() {
    var machine = RelayMachine(configuration: configuration)
    let wall = Timestamp(milliseconds: 1_000_000_000)
    for second in [0, 30, 59] {
      let after = machine.batchFailed(
        batch(3, at: 0), isPermanent: false, now: .seconds(second), wall: wall)
      guard case .retry = after else {
        Issue.record("given up after \(second) s")
        return
      }
    }
    let after = machine.batchFailed(batch(3, at: 0), isPermanent: false, now: .seconds(60), wall: wall)
    #expect(after == .giveUp(events: 3, through: 3, retryAfter: .milliseconds(800)))
  }

  @Test func `of a batch only what is older than the window is given up`() {
    var machine = RelayMachine(configuration: configuration)
    let events: [(sequence: Int64, time: Timestamp)] = [
      (5, Timestamp(milliseconds: 0)), (6, Timestamp(milliseconds: 40_000)), (7, Timestamp(milliseconds: 99_000)),
    ]
    _ = machine.batchFailed(events, isPermanent: false, now: .zero, wall: Timestamp(milliseconds: 0))
    let after = machine.batchFailed(
      events, isPermanent: false, now: .seconds(100), wall: Timestamp(milliseconds: 100_000))
    #expect(after == .giveUp(events: 2, through: 6, retryAfter: .milliseconds(200)))
  }

  @Test func `a batch that is refused as malformed is tried one by one, and the one at fault is given up`() {
    var machine = RelayMachine(configuration: configuration)
    let wall = Timestamp(milliseconds: 0)
    #expect(machine.batchEvents == 100)
    let first = machine.batchFailed(batch(5, at: 0), isPermanent: true, now: .zero, wall: wall)
    #expect(first == .retry(after: .milliseconds(100)))
    #expect(machine.batchEvents == 1)
    let second = machine.batchFailed(batch(1, at: 0), isPermanent: true, now: .zero, wall: wall)
    #expect(second == .giveUp(events: 1, through: 1, retryAfter: .zero))
  }

  @Test func `a queue that may not see an entry any more does not get it from another's encoding`() throws {
    let entry = try TestEntry.make("not for all")
    let seen = ChannelEvent(sequence: 1, node: entry.node, time: entry.updated, change: .published(entry))
    var hidden = seen
    hidden.change = .retracted(id: entry.id)
    let page = [
      QueuedEvent(queue: .node(entry.node), previous: 0, event: seen),
      QueuedEvent(queue: .anonymous, previous: 0, event: hidden),
      QueuedEvent(queue: .user(entry.author), previous: 0, event: seen),
    ]
    let batch = RelayBatch(
      page, domain: "example.com", writer: AtomWriter(channelDomain: "c"), maxBytes: 1 << 20)
    #expect(batch.events.count == 1)
    let body = String(
      decoding: try GRIPItem.encodeBatch(batch.items.filter { $0.channel.contains("anonymous") }), as: UTF8.self)
    #expect(!body.contains("not for all"))
    let others = String(
      decoding: try GRIPItem.encodeBatch(batch.items.filter { !$0.channel.contains("anonymous") }), as: UTF8.self)
    #expect(others.contains("not for all"))
  }

  @Test func `a batch takes whole events until it is large enough, and at least one`() throws {
    let entry = try TestEntry.make("hello")
    let page = (1...5).flatMap { sequence in
      [EventQueue.anonymous, .node(entry.node)].map { queue in
        QueuedEvent(
          queue: queue, previous: Int64(sequence - 1),
          event: ChannelEvent(
            sequence: Int64(sequence), node: entry.node, time: entry.updated, change: .published(entry)))
      }
    }
    let writer = AtomWriter(channelDomain: "channels.example.com")
    let small = RelayBatch(page, domain: "example.com", writer: writer, maxBytes: 1)
    #expect(small.events.map(\.sequence) == [1])
    #expect(small.items.count == 4)
    let large = RelayBatch(page, domain: "example.com", writer: writer, maxBytes: 1 << 20)
    #expect(large.events.map(\.sequence) == [1, 2, 3, 4, 5])
    #expect(large.items.count == 20)
    #expect(large.last == 5)
  }
}
