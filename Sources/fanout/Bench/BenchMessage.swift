import GRIP
import HTTPTypes

/// What `fanout bench` publishes: one line of text that says where it belongs and when it was sent.
///
/// **Shape**: `fanout-bench` SP run SP channel SP sequence SP nanoseconds SP padding; run is 8 hexadecimal digits, the
/// numbers are decimal, the padding is any number of `x`, also none. No line end: the transport's form adds it.
struct BenchMessage: Sendable, Equatable {
  /// The run that it belongs to: what is left over from another one is told apart.
  var run: UInt32
  /// The number of the channel, from 0.
  var channel: Int
  /// The position in the channel, from 1 without a hole.
  var sequence: Int
  /// When it was made, on this machine's monotonic clock.
  var sentNanoseconds: Int64

  /// The line, padded to `size` bytes; longer where its numbers do not fit.
  func text(size: Int) -> String {
    let start = "\(Self.mark) \(Self.runText(run)) \(channel) \(sequence) \(sentNanoseconds) "
    return start + String(repeating: "x", count: max(0, size - start.utf8.count))
  }

  /// The message as one item.
  ///
  /// Polls need ids: by them a proxy sees that somebody who comes back between two polls has missed something. Streams and
  /// WebSockets have no gaps between requests, and are sent without unless the run is to be reliable, so that they show
  /// what happens to plain publishes.
  func item(channelName: String, transport: BenchTransport, hasIDs: Bool, size: Int) -> GRIPItem {
    let text = text(size: size)
    var item = GRIPItem(channel: channelName)
    if hasIDs {
      item.id = Self.id(run: run, sequence: sequence)
      if sequence > 1 { item.previousID = Self.id(run: run, sequence: sequence - 1) }
    }
    switch transport {
    case .stream, .sse: item.httpStream = .send(.text(Self.body(of: [text], transport: transport)))
    case .longPoll:
      item.httpResponse = .send(
        GRIPHTTPResponseMessage(
          headers: [.contentType: "text/plain"], body: .full(.text(Self.body(of: [text], transport: transport)))))
    case .webSocket: item.webSocket = .send(.text(text), isBinary: false)
    }
    return item
  }

  /// Messages in the form that a transport's body has; for WebSockets, where each has its own frame, one on a line.
  static func body(of texts: [String], transport: BenchTransport) -> String {
    texts.map { transport == .sse ? "data: \($0)\n\n" : $0 + "\n" }.joined()
  }

  /// What an origin of a bench says on a WebSocket when the proxy has been told to listen.
  static let greeting = "fanout-bench listens"

  /// The id of an item, and of the place before the first one (0).
  static func id(run: UInt32, sequence: Int) -> String { "\(runText(run))-\(sequence)" }

  /// 8 hexadecimal digits.
  static func runText(_ run: UInt32) -> String {
    let digits = String(run, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// The sequence in an id of this run's; `nil` where it is none.
  static func sequence(ofID id: String, run: UInt32) -> Int? {
    guard id.hasPrefix(runText(run) + "-"), let sequence = Int(id.dropFirst(9)), sequence >= 0 else { return nil }
    return sequence
  }

  private static let mark = "fanout-bench"
}

extension BenchMessage {
  /// Reads a line, with or without `data:` in front; `nil` where it is something else (a comment, a keep-alive, an
  /// origin's greeting).
  init?(line: some Collection<UInt8>) {
    var rest = String(decoding: line, as: UTF8.self)[...]
    if rest.hasPrefix("data:") { rest = rest.dropFirst(5).drop { $0 == " " } }
    guard rest.hasPrefix(Self.mark) else { return nil }
    let words = rest.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: false)
    guard words.count == 6, words[0] == Self.mark, words[1].utf8.count == 8, let run = UInt32(words[1], radix: 16),
      let channel = Int(words[2]), channel >= 0, let sequence = Int(words[3]), sequence > 0,
      let sent = Int64(words[4]), words[5].utf8.allSatisfy({ $0 == UInt8(ascii: "x") })
    else { return nil }
    self.init(run: run, channel: channel, sequence: sequence, sentNanoseconds: sent)
  }
}
