import GRIP
import HTTPTypes

/// What an origin of a bench answers: pure, by the request and by what has been published.
struct BenchOriginAnswer: Sendable {
  let plan: BenchPlan
  let log: BenchLog

  /// What a request asks for.
  struct Question: Equatable {
    /// A channel's number; `nil` where it is none of this run.
    var channel: Int?
    /// The sequence up to which it has been delivered.
    var last = 0
  }

  /// Reads the last `channel=` and `last=` of a target's query; without `channel=` it is the first one. `Grip-Last`, by which
  /// a proxy says that it knows better, counts before `last=`.
  func question(_ target: String, _ fields: HTTPFields) -> Question {
    var name = plan.channelName(0)
    var question = Question()
    for pair in target.split(separator: "?", maxSplits: 1).dropFirst().joined().split(separator: "&") {
      if pair.hasPrefix("channel=") { name = Self.decoded(pair.dropFirst(8)) }
      if pair.hasPrefix("last=") { question.last = Int(pair.dropFirst(5)) ?? 0 }
    }
    if let id = GRIPLast.decode(fields)[name], let sequence = BenchMessage.sequence(ofID: id, run: plan.run) {
      question.last = sequence
    }
    if name.hasPrefix(plan.prefix), let channel = Int(name.dropFirst(plan.prefix.count)),
      (0..<plan.channels).contains(channel)
    {
      question.channel = channel
    }
    return question
  }

  /// The answer to a request for a stream or a poll: what was missed, and the instruction to hold. A poll gets one or the
  /// other.
  func response(to target: String, _ fields: HTTPFields = HTTPFields()) -> GRIPResponse {
    let question = question(target, fields)
    guard let channel = question.channel else {
      return GRIPResponse(status: 404, body: Array("no channel of this bench\n".utf8))
    }
    let (missed, head) = plan.hasIDs ? log.messages(after: question.last, channel: channel) : ([], 0)
    var response = GRIPResponse(body: Array(BenchMessage.body(of: missed, transport: plan.transport).utf8))
    response.headers[.contentType] = plan.transport == .sse ? "text/event-stream" : "text/plain"
    if plan.transport == .longPoll, !missed.isEmpty { return response }
    // What has been given is where the client stands now; a log that is shorter than `last` is of a bench before this.
    let position = plan.transport == .longPoll ? question.last : head
    let instruction = GRIPInstruction(
      hold: plan.transport == .longPoll ? .response(timeout: .seconds(55)) : .stream(keepAlive: nil),
      channels: [
        GRIPChannel(
          plan.channelName(channel),
          previousID: plan.hasIDs ? BenchMessage.id(run: plan.run, sequence: position) : nil)
      ],
      nextLink: plan.hasIDs && plan.transport != .longPoll ? GRIPNextLink(target) : nil)
    guard let fields = try? instruction.headerFields() else {
      return GRIPResponse(status: 500, body: Array("the channel's name fits no header\n".utf8))
    }
    for field in fields { response.headers.append(field) }
    return response
  }

  /// What is said on a WebSocket, in the words of the `grip` extension: what was missed, then where to listen from.
  ///
  /// - Parameter greets: whether the client is told that the proxy listens.
  func messages(for question: Question, greets: Bool) -> [String] {
    guard let channel = question.channel else { return [] }
    let (missed, head) = plan.hasIDs ? log.messages(after: question.last, channel: channel) : ([], 0)
    let listen = GRIPControlMessage.subscribe(
      channel: plan.channelName(channel),
      previousID: plan.hasIDs ? BenchMessage.id(run: plan.run, sequence: head) : nil)
    let marked = missed.map { "m:" + $0 } + [try? listen.encoded()].compactMap { $0 }
    return marked + (greets ? ["m:" + BenchMessage.greeting] : [])
  }

  /// The answer to a request of WebSocket-over-HTTP: listens when it is opened, makes good what was missed where the proxy
  /// asks with an empty request, and closes when the client does.
  func eventsResponse(to target: String, _ fields: HTTPFields, body: [UInt8]) -> GRIPResponse {
    guard let events = try? GRIPWebSocketEvent.decode(body) else {
      return GRIPResponse(status: 400, body: Array("the body holds no WebSocket events\n".utf8))
    }
    let question = question(target, fields)
    guard question.channel != nil else {
      return GRIPResponse(status: 404, body: Array("no channel of this bench\n".utf8))
    }
    var answers: [GRIPWebSocketEvent] = []
    if events.contains(.open) {
      answers = [.open] + messages(for: question, greets: true).map { .text($0) }
    } else if events.isEmpty, fields[.gripLast] != nil {
      answers = messages(for: question, greets: false).map { .text($0) }
    } else if let last = events.last, last.isLast, last != .disconnect {
      answers = [last]
    }
    var response = GRIPResponse(body: (try? GRIPWebSocketEvent.encode(answers)) ?? [])
    response.headers[.contentType] = GRIPWebSocketEvent.mediaType
    if events.contains(.open) { response.headers[.secWebSocketExtensions] = Self.extensionText }
    return response
  }

  /// What a proxy says natively when it asks what a client has missed; `nil` where the text is something else.
  func resumed(_ text: String) -> Question? {
    guard text.hasPrefix("c:{"), case .object(let message)? = try? JSONReader.read(Array(text.utf8.dropFirst(2))),
      message["type"] == .string("resume"), case .array(let channels)? = message["channels"],
      case .object(let first)? = channels.first, case .string(let name)? = first["channel"],
      case .string(let id)? = first["last-id"], let last = BenchMessage.sequence(ofID: id, run: plan.run),
      name.hasPrefix(plan.prefix), let channel = Int(name.dropFirst(plan.prefix.count)),
      (0..<plan.channels).contains(channel)
    else { return nil }
    return Question(channel: channel, last: last)
  }

  /// The value of `Sec-WebSocket-Extensions`.
  static let extensionText = "grip"

  private static func decoded(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
