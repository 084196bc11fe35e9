import AsyncHTTPClient
import GRIP
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// Publishes to one endpoint.
final class EndpointPublisher: Sendable {
  /// The endpoint in outcomes and logs.
  let name: String

  private let address: ControlURI
  private let credentials: PublishCredentials
  private let httpClient: HTTPClient
  private let options: PubControl.Options
  private let logger: Logger?
  private let pending = Mutex(0)

  /// How much longer than the client's own deadline an attempt lasts: it is the client that knows whether a connection
  /// ever came about.
  private static let grace = Duration.milliseconds(500)
  /// Bytes of an answer that are read so that its connection can be used again.
  private static let drainBytes = 65_536

  init(endpoint: GRIPEndpoint, httpClient: HTTPClient, options: PubControl.Options, logger: Logger?) {
    address = ControlURI(endpoint.controlURI)
    name = address.name
    credentials = PublishCredentials(endpoint.authentication, lifetime: options.tokenLifetime)
    self.httpClient = httpClient
    self.options = options
    self.logger = logger
  }

  /// Sends the batches one after another; the first that fails is the last.
  func publish(_ batches: [PublishBatch]) async -> PublishFailure? {
    let count = pending.withLock { count in
      count += 1
      return count
    }
    defer { pending.withLock { $0 -= 1 } }
    guard count <= options.pendingPublishes else { return .overloaded(pending: count - 1) }
    for batch in batches {
      if let failure = await send(batch) { return failure }
    }
    return nil
  }

  private func send(_ batch: PublishBatch) async -> PublishFailure? {
    let repetition = PublishRepetition(options: options)
    var attempts = 0
    while true {
      if Task.isCancelled { return .cancelled }
      attempts += 1
      let result = await attempt(batch)
      guard case .failed(let failure, let stage, let retryAfter) = result else { return nil }
      if Task.isCancelled { return .cancelled }
      let wait = repetition.wait(
        after: attempts, stage: stage, isRepeatable: batch.isRepeatable, retryAfter: retryAfter)
      guard let wait else { return failure }
      logger?.debug(
        "publish is repeated", metadata: ["grip.endpoint": "\(name)", "attempt": "\(attempts)", "wait": "\(wait)"])
      do {
        try await options.clock.sleep(for: wait)
      } catch {
        return .cancelled
      }
    }
  }

  /// One request, for as long as an attempt may take.
  private func attempt(_ batch: PublishBatch) async -> PublishAttempt {
    await withTaskGroup(of: PublishAttempt?.self) { group in
      group.addTask { await self.exchange(batch) }
      group.addTask { [options] in
        // A sleep that is cancelled has nothing to say: the exchange has.
        let limit = options.timeout + Self.grace
        guard (try? await options.clock.sleep(for: limit)) != nil else { return nil }
        return .failed(.timeout, stage: .unknown)
      }
      defer { group.cancelAll() }
      for await result in group {
        if let result { return result }
      }
      return .failed(.cancelled, stage: .final)
    }
  }

  private func exchange(_ batch: PublishBatch) async -> PublishAttempt {
    var request = HTTPClientRequest(url: address.publish)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    let header: String?
    do throws(GRIPEncodingError) {
      header = try credentials.header(now: options.now())
    } catch {
      return .failed(.credentials(error.description), stage: .final)
    }
    if let header { request.headers.add(name: "Authorization", value: header) }
    // Bytes of known length: they go out with Content-Length, which Pushpin wants.
    request.body = .bytes(batch.body)
    do {
      // The client's deadline ends at the answer's head; the race in `attempt` ends an answer that has no end.
      let response = try await httpClient.execute(request, timeout: TimeAmount(options.timeout))
      return await result(of: response, header: header)
    } catch {
      return PublishAttempt(error: error)
    }
  }

  private func result(of response: HTTPClientResponse, header: String?) async -> PublishAttempt {
    var status = Int(response.status.code)
    // A client that follows 301 to 303 asks with GET: whatever that gives, nothing was published.
    if let first = response.history.first?.responseHead.status.code, (301...303).contains(first) {
      status = Int(first)
    }
    if status == 401 { credentials.forget() }
    let bytes = await Self.start(of: response.body)
    let body = String(decoding: bytes.prefix(options.errorBodyBytes), as: UTF8.self)
    return PublishAttempt(
      status: status, body: credentials.redact(Self.oneLine(body), header: header),
      retryAfter: response.headers.first(name: "Retry-After").flatMap { RetryAfter.wait($0, now: options.now()) })
  }

  /// The start of a body; what breaks it off does not change what the status said.
  private static func start(of body: HTTPClientResponse.Body) async -> [UInt8] {
    var bytes: [UInt8] = []
    do {
      for try await buffer in body {
        bytes.append(contentsOf: buffer.readableBytesView.prefix(drainBytes - bytes.count))
        if bytes.count >= drainBytes { break }
      }
    } catch {
      return bytes
    }
    return bytes
  }

  /// A peer's text as one line, so that it cannot write lines of our log.
  private static func oneLine(_ text: String) -> String {
    var line = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      line.append(scalar.properties.generalCategory == .control ? " " : scalar)
    }
    return String(line).split(separator: " ").joined(separator: " ")
  }
}
