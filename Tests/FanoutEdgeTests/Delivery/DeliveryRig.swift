import CLinux
import FanoutBus
import GRIP
import Glibc
import HTTPTypes
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import FanoutEdge

/// A client's connection as the hold table sees it: one end of a socket pair, and a pipeline that drains when told.
final class TestSink: HoldSink {
  var descriptor: Int32
  var framing: StreamFraming
  var closesAfterResponse = false
  var isHead = false
  var minorVersion = 1

  /// What happened, in words.
  var events: [String] = []
  var retriedWith: [String: String] = [:]
  var exchanges: [TestFetch] = []
  /// Whether the pipeline keeps what it gets.
  var isBlocked = false
  var piped: [UInt8] = []
  var slot: HoldSlot?
  weak var table: HoldTable?
  private let peer: Int32
  private var hasPipelineBytes = false

  init(framing: StreamFraming = .chunked, sendBuffer: Int32? = nil) {
    self.framing = framing
    var ends: [Int32] = [0, 0]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    descriptor = ends[0]
    peer = ends[1]
    own = ends[0]
    if var size = sendBuffer {
      setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  private let own: Int32

  deinit {
    Glibc.close(own)
    Glibc.close(peer)
  }

  /// What the client has received since the last look.
  func received() -> String {
    readSocket()
    if !isBlocked { readPipeline() }
    defer { read = [] }
    return String(decoding: read, as: UTF8.self)
  }

  private var read: [UInt8] = []

  private func readSocket() {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(peer, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { break }
      read += buffer[0..<count]
    }
  }

  private func readPipeline() {
    read += piped
    piped = []
  }

  func closePeer() { shutdown(peer, Int32(SHUT_RDWR)) }

  /// Lets the pipeline drain.
  func drain() {
    isBlocked = false
    // What the pipeline has is behind what the socket has, and before what comes now.
    readSocket()
    readPipeline()
    if let slot { table?.drained(slot) }
  }

  func writeThroughPipeline(_ bytes: ByteBuffer) {
    piped += bytes.readableBytesView
    if !isBlocked, let slot { table?.drained(slot) }
  }

  func responseCompleted() { events.append("completed") }

  func streamEnded(isComplete: Bool) { events.append(isComplete ? "ended" : "cut off") }

  func retry(lastIDs: [(channel: String, id: String)]) {
    events.append("retry")
    for pair in lastIDs { retriedWith[pair.channel] = pair.id }
  }

  func fetch(link: String, lastIDs: [(channel: String, id: String)], receiver: any LinkReceiver) -> any LinkFetch {
    let fetch = TestFetch(link: link, lastIDs: lastIDs, receiver: receiver)
    exchanges.append(fetch)
    return fetch
  }

  /// What filters' services have been asked.
  var questions: [TestQuestion] = []

  func ask(_ question: FilterQuestion, answer: @escaping (FilterAnswer) -> Void) -> any LinkFetch {
    let asked = TestQuestion(question: question, answer: answer)
    questions.append(asked)
    return asked
  }

  func close(_ reason: CloseReason) { events.append("closed \(reason)") }
}

final class TestQuestion: LinkFetch {
  let question: FilterQuestion
  let answer: (FilterAnswer) -> Void
  var isCancelled = false

  init(question: FilterQuestion, answer: @escaping (FilterAnswer) -> Void) {
    self.question = question
    self.answer = answer
  }

  func cancel() { isCancelled = true }
}

final class TestFetch: LinkFetch {
  let link: String
  let lastIDs: [String: String]
  let receiver: any LinkReceiver
  var isCancelled = false
  var resumes = 0

  init(link: String, lastIDs: [(channel: String, id: String)], receiver: any LinkReceiver) {
    self.link = link
    self.lastIDs = Dictionary(lastIDs.map { ($0.channel, $0.id) }) { $1 }
    self.receiver = receiver
  }

  func cancel() { isCancelled = true }

  func body(_ text: String) {
    receiver.bodyReceived(ByteBuffer(string: text)) { self.resumes += 1 }
  }

  func succeed(_ instruction: GRIPInstruction) { receiver.completed(.success(instruction)) }

  func fail(isRetryable: Bool = true) {
    receiver.completed(.failure(LinkFailure("no answer", isRetryable: isRetryable)))
  }
}

/// A delivery core on event loops that run when told, in this thread.
final class DeliveryRig {
  let loops: [EmbeddedEventLoop]
  let bus: any Bus
  let core: DeliveryCore

  init(
    loops count: Int = 1, bus: any Bus = InProcessBus(), _ change: (inout DeliveryConfiguration) -> Void = { _ in }
  ) throws {
    self.bus = bus
    var configuration = DeliveryConfiguration()
    // The sinks bring their own.
    configuration.streamSendBuffer = 0
    change(&configuration)
    let loops = (0..<count).map { _ in EmbeddedEventLoop() }
    self.loops = loops
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    core = DeliveryCore(loopCount: count, bus: bus, configuration: configuration, logger: logger)
    for (index, loop) in loops.enumerated() { _ = core.makeTable(on: loop, index: index) }
    core.open()
  }

  func table(_ number: Int = 0) throws -> HoldTable { try #require(core.table(on: loops[number])) }

  /// Runs everything that is to be done now, on all loops.
  func run() {
    for _ in 0..<64 { for loop in loops { loop.run() } }
  }

  func advance(_ time: TimeAmount) {
    for loop in loops { loop.advanceTime(by: time) }
    run()
  }

  func publish(_ items: GRIPItem...) throws {
    try bus.publish(items)
    run()
  }

  var counters: DeliveryCounters {
    get throws {
      let future = core.counters(on: loops[0])
      run()
      return try future.wait()
    }
  }

  /// A channel whose home is a given loop.
  func channel(home: Int) throws -> String {
    try #require((0..<1000).map { "channel\($0)" }.first { ChannelHome.loop(of: $0, count: loops.count) == home })
  }

  @discardableResult
  func stream(
    _ channels: [GRIPChannel], next: String? = nil, keepAlive: GRIPKeepAlive? = nil, meta: [String: String] = [:],
    body: String = "", sink: TestSink = TestSink(), on loop: Int = 0, isDebug: Bool = false, isRetry: Bool = false
  ) throws -> TestSink {
    let instruction = GRIPInstruction(
      hold: .stream(keepAlive: keepAlive), channels: channels, meta: meta, nextLink: next.map { GRIPNextLink($0) })
    return try hold(instruction, body: body, sink: sink, on: loop, isDebug: isDebug, isRetry: isRetry)
  }

  @discardableResult
  func poll(
    _ channels: [GRIPChannel], timeout: Duration = .seconds(55), meta: [String: String] = [:],
    headers: HTTPFields = [:],
    body: String = "{}", sink: TestSink = TestSink(), on loop: Int = 0, isDebug: Bool = false, isRetry: Bool = false
  ) throws -> TestSink {
    let instruction = GRIPInstruction(hold: .response(timeout: timeout), channels: channels, meta: meta)
    return try hold(instruction, headers: headers, body: body, sink: sink, on: loop, isDebug: isDebug, isRetry: isRetry)
  }

  @discardableResult
  func hold(
    _ instruction: GRIPInstruction, headers: HTTPFields = [:], body: String = "", sink: TestSink, on loop: Int = 0,
    isDebug: Bool = false, isRetry: Bool = false
  ) throws -> TestSink {
    let table = try table(loop)
    sink.table = table
    sink.slot = table.hold(
      HoldRequest(
        uri: "/feed?user=juliet", routeID: "1", channelPrefix: "", isDebug: isDebug, isRetry: isRetry,
        instruction: instruction, response: GRIPResponse(headers: headers, body: Array(body.utf8)), sink: sink))
    run()
    return sink
  }
}

extension GRIPItem {
  static func text(_ text: String, in channel: String, id: String? = nil, after previous: String? = nil) -> GRIPItem {
    GRIPItem(
      channel: channel, id: id, previousID: previous,
      httpResponse: .send(GRIPHTTPResponseMessage(body: .full(.text(text)))), httpStream: .send(.text(text)))
  }
}

extension String {
  /// The chunks of a chunked body, as far as it is complete.
  var chunks: [String] {
    var chunks: [String] = []
    var rest = self[...]
    while let end = rest.range(of: "\r\n"), let size = Int(rest[..<end.lowerBound], radix: 16) {
      let start = end.upperBound
      let utf8 = rest[start...].utf8
      guard utf8.count >= size + 2 else { break }
      let close = utf8.index(start, offsetBy: size)
      chunks.append(String(rest[start..<close]))
      rest = rest[utf8.index(close, offsetBy: 2)...]
    }
    return chunks
  }

  /// What follows the head.
  var afterHead: String {
    range(of: "\r\n\r\n").map { String(self[$0.upperBound...]) } ?? ""
  }

  private func range(of text: String) -> Range<String.Index>? { self[...].range(of: text) }
}

extension Substring {
  fileprivate func range(of text: String) -> Range<String.Index>? {
    let pattern = Array(text.utf8)
    let bytes = utf8
    var start = bytes.startIndex
    while let end = bytes.index(start, offsetBy: pattern.count, limitedBy: bytes.endIndex) {
      if bytes[start..<end].elementsEqual(pattern) { return start..<end }
      start = bytes.index(after: start)
    }
    return nil
  }
}
