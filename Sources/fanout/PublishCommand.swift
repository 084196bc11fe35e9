import ArgumentParser
import AsyncHTTPClient
import FanoutEdge
import GRIP
import Glibc
import PubControl
import PubControlZeroMQ

/// `fanout publish`: sends one item with all three formats, as `pushpin-publish` does.
struct PublishCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish", abstract: "Publish an item, with content for every kind of listener.")

  @Argument(help: "The channel.")
  var channel: String

  @Argument(help: "The content; @FILE reads a file.")
  var content: String?

  @Option(name: .customLong("id"), help: "The item's id.")
  var itemID: String?

  @Option(name: .customLong("prev-id"), help: "The id of the item before.")
  var previousID: String?

  @Option(help: "meta.sender, for the filter skip-self.")
  var sender: String?

  @Option(help: "The status for long-polls.")
  var code = 200

  @Option(name: [.customShort("H"), .customLong("header")], help: "A field for long-polls, 'K: V'; repeatable.")
  var headers: [String] = []

  @Option(name: [.customShort("M"), .customLong("meta")], help: "A meta value, K=V; repeatable.")
  var meta: [String] = []

  @Flag(help: "Let listeners ask the origin.")
  var hint = false

  @Flag(help: "End streams and WebSockets.")
  var close = false

  @Flag(help: "The content is a JSON patch for the long-poll's own body.")
  var patch = false

  @Flag(name: .customLong("no-seq"), help: "Bypass the sequencer.")
  var isUnsequenced = false

  @Flag(name: .customLong("no-eol"), help: "Add no line end to HTTP contents.")
  var hasNoLineEnd = false

  @Option(
    help: "A GRIP URL, or a ZeroMQ address (tcp://…, ipc://…); otherwise $GRIP_URL, otherwise http://localhost:5561.")
  var spec: String?

  @Flag(
    name: .customLong("sub"),
    help:
      "The ZeroMQ address is that of a SUB socket, which takes items of channels with listeners, not of a PULL socket.")
  var isToSubscriber = false

  @Option(name: [.customShort("u"), .customLong("user")], help: "user:password; over plain http to this machine only.")
  var user: String?

  @Option(name: [.customShort("B"), .customLong("bearer")], help: "A token; over plain http to this machine only.")
  var bearer: String?

  func run() async throws {
    let draft = PublishDraft(
      channel: channel, content: try text(), itemID: itemID, previousID: previousID, sender: sender, code: code,
      headers: headers, meta: meta, action: hint ? .hint : close ? .close : .send, isPatch: patch,
      isUnsequenced: isUnsequenced, hasLineEnd: !hasNoLineEnd)
    let item: GRIPItem
    do throws(PublishDraft.Problem) {
      item = try draft.item()
    } catch {
      throw ValidationError(error.description)
    }
    let outcomes: [PubControl.Outcome]
    if ZeroMQEndpoint.hasScheme(address) {
      outcomes = try await publishByZeroMQ(item)
    } else {
      guard !isToSubscriber else { throw ValidationError("--sub goes with a ZeroMQ address") }
      outcomes = try await publish(
        item, at: try ControlEndpoints.read(spec, user: user, bearer: bearer, others: ["tcp://", "ipc://"]))
    }
    var hasFailed = false
    for outcome in outcomes {
      guard let failure = outcome.failure else { continue }
      hasFailed = true
      StandardError.write("\(outcome.endpoint): \(failure)")
    }
    if hasFailed { throw ExitCode(1) }
    print("Published")
  }

  /// Sends the item over ZeroMQ, which gives no answer, and waits until it has left.
  private func publishByZeroMQ(_ item: GRIPItem) async throws -> [PubControl.Outcome] {
    guard user == nil, bearer == nil else { throw ValidationError("a ZeroMQ address takes no credentials") }
    let endpoint: ZeroMQEndpoint
    do throws(GRIPDecodingError) {
      endpoint = try ZeroMQEndpoint(address, kind: isToSubscriber ? .publish : .push)
    } catch {
      throw ValidationError(error.description)
    }
    let control: PubControlZeroMQ
    do throws(PublishFailure) {
      control = try PubControlZeroMQ(endpoints: [endpoint])
    } catch {
      return [PubControl.Outcome(endpoint: address, failure: error)]
    }
    let outcomes: [PubControl.Outcome]
    do throws(GRIPEncodingError) {
      outcomes = try await control.publish([item])
    } catch {
      throw ValidationError(error.description)
    }
    await control.close()
    return outcomes
  }

  /// Where to.
  private var address: String {
    spec ?? getenv("GRIP_URL").map { String(cString: $0) } ?? "http://localhost:5561"
  }

  /// One attempt at each endpoint: whoever waits at a terminal is told at once.
  private func publish(_ item: GRIPItem, at endpoints: [GRIPEndpoint]) async throws -> [PubControl.Outcome] {
    let client = HTTPClient(configuration: PubControl.httpClientConfiguration)
    var options = PubControl.Options()
    options.attempts = 1
    let result: Result<[PubControl.Outcome], any Error>
    do {
      result = .success(
        try await PubControl(endpoints: endpoints, httpClient: client, options: options).publish([item]))
    } catch {
      result = .failure(error)
    }
    try await client.shutdown()
    return try result.get()
  }

  private func text() throws -> String? {
    guard let content, content.hasPrefix("@") else { return content }
    do {
      return String(decoding: try SystemFile.read(String(content.dropFirst()), limit: 64 << 20), as: UTF8.self)
    } catch {
      throw ValidationError("\(error)")
    }
  }
}

/// Standard error.
enum StandardError {
  /// Writes a line.
  static func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
