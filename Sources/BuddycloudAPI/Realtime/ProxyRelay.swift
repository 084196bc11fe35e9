import Channels
import Crypto
import Foundation
import GRIP
import HTTPTypes
import Logging
import PubControl
import ServerKit
import ServiceLifecycle
import XMPP

/// Publishes every event, in order, to one proxy, whether or not anybody listens there.
///
/// Its position stands in the store and moves only when the proxy has confirmed, so nothing is lost between commit and publish, whatever
/// kills this process. What a proxy does not take within the retry window is given up for that proxy; clients get it by their cursors.
struct ProxyRelay: Service, CustomStringConvertible {
  let endpoint: GRIPEndpoint
  let index: Int
  let publisher: PubControl
  let events: any EventSource
  let domain: String
  let writer: AtomWriter
  let configuration: APIConfiguration.Relay
  let time: TimeSource
  let logger: Logger

  /// For logs, which print services whole otherwise: with their keys.
  var description: String { "relay to \(endpointName)" }

  /// The name under which the position is kept: a digest, as control URIs may be long and hold credentials.
  var positionName: String {
    let digest = SHA256.hash(data: Data(endpoint.controlURI.utf8))
    return "proxy-" + digest.prefix(16).map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
  }

  /// Publishes until the server stops.
  func run() async throws {
    await cancelWhenGracefulShutdown {
      let commits = events.commits()
      var machine = RelayMachine(configuration: configuration)
      guard var position = await start() else { return }
      await publishAll(after: &position, &machine)
      for await _ in commits {
        if Task.isCancelled { return }
        await publishAll(after: &position, &machine)
      }
    }
  }

  /// The kept position; the newest event for a proxy that is new. `nil` when the server stops first.
  private func start() async -> Int64? {
    while !Task.isCancelled {
      do {
        if let position = try await events.relayPosition(positionName) { return position }
        let head = try await events.outboxHead()
        try await events.setRelayPosition(positionName, to: head)
        return head
      } catch {
        logger.error("a relay cannot read its position", metadata: .keys([.errorDetail: "\(error)"]))
        try? await time.sleep(configuration.maxDelay)
      }
    }
    return nil
  }

  private func publishAll(after position: inout Int64, _ machine: inout RelayMachine) async {
    while !Task.isCancelled {
      do {
        let page = try await events.outbox(after: position, maxEvents: machine.batchEvents)
        guard !page.isEmpty else { return }
        let batch = RelayBatch(page, domain: domain, writer: writer, maxBytes: configuration.maxBatchBytes)
        let failure =
          batch.items.isEmpty ? nil : try await publisher.publish(batch.items, toEndpoint: index).failure
        guard let failure else {
          try await move(to: batch.last, &position)
          machine.batchConfirmed()
          continue
        }
        try await handle(failure, batch, &position, &machine)
      } catch let error as GRIPEncodingError {
        logger.error("an event cannot be written as GRIP", metadata: .keys([.errorDetail: error.description]))
        try? await skip(after: &position)
      } catch {
        logger.error("the outbox cannot be read", metadata: .keys([.errorDetail: "\(error)"]))
        try? await time.sleep(configuration.maxDelay)
      }
    }
  }

  private func handle(
    _ failure: PublishFailure, _ batch: RelayBatch, _ position: inout Int64, _ machine: inout RelayMachine
  ) async throws {
    let after = machine.batchFailed(
      batch.events, isPermanent: failure.isPermanent, now: time.monotonic(), wall: time.wall())
    switch after {
    case .retry(let delay):
      logger.warning(
        "a proxy did not take a publish; trying again",
        metadata: .keys([.endpoint: endpointName, .reason: failure.text, .delay: delay.text]))
      try? await time.sleep(delay)
    case .giveUp(let count, let sequence, let delay):
      logger.error(
        "events are lost for a proxy; its clients get them by their cursors",
        metadata: .keys([.endpoint: endpointName, .reason: failure.text, .count: count, .cursor: sequence]))
      try await move(to: sequence, &position)
      try? await time.sleep(delay)
    }
  }

  private func move(to sequence: Int64, _ position: inout Int64) async throws {
    try await events.setRelayPosition(positionName, to: sequence)
    position = sequence
  }

  /// Passes over the one event that cannot be written.
  private func skip(after position: inout Int64) async throws {
    if let event = try await events.outbox(after: position, maxEvents: 1).last?.event {
      try await move(to: event.sequence, &position)
    }
  }

  /// The control URI without what may be secret in it.
  private var endpointName: String {
    endpoint.controlURI.prefix { $0 != "?" }.split(separator: "@").last.map(String.init) ?? ""
  }
}

/// Whole events that are published in one request.
struct RelayBatch: Sendable {
  /// The events, oldest first, each once.
  private(set) var events: [(sequence: Int64, time: Timestamp)] = []
  /// Two items per event and queue that clients hear.
  private(set) var items: [GRIPItem] = []

  /// The newest sequence.
  var last: Int64 { events.last?.sequence ?? 0 }

  /// Takes events from the front until there are `maxBytes`; at least one.
  init(_ page: [QueuedEvent], domain: String, writer: AtomWriter, maxBytes: Int) {
    var bytes = 0
    // Queues can differ in what they may see of one event, so it is shared only where it is the same.
    var last: (event: ChannelEvent, representation: EventRepresentation)?
    for queued in page {
      if queued.event.sequence != events.last?.sequence {
        guard events.isEmpty || bytes < maxBytes else { return }
        events.append((queued.event.sequence, queued.event.time))
      }
      if case .accessReduced(let user) = queued.event.change {
        items += Self.hints(to: user, of: queued.event.node, domain: domain)
        continue
      }
      guard queued.queue.isForClients else { continue }
      let encoded =
        last.flatMap { $0.event == queued.event ? $0.representation : nil }
        ?? EventRepresentation(queued.event, writer: writer)
      last = (queued.event, encoded)
      bytes += encoded.json.utf8.count + encoded.atom.utf8.count + encoded.stream.utf8.count
      items += Self.items(encoded, previous: queued.previous, base: queued.queue.gripChannelBase(domain: domain))
    }
  }

  /// What lets the holds of a user, or those of a node, ask again whether they may hear what they hear.
  ///
  /// They have no place in the order of a channel, so nobody takes them for an event that was missed.
  private static func hints(to user: JID?, of node: NodeID, domain: String) -> [GRIPItem] {
    var channels: [String] = []
    func add(_ queue: EventQueue) {
      let base = queue.gripChannelBase(domain: domain)
      channels += ["\(base)-json", "\(base)-atom"]
    }
    if let user {
      channels.append(EventQueue.accessChannel(of: user))
      if node.channel == user { add(.user(user)) }
    } else {
      add(.node(node))
      add(.member(JID(prepared: domain), node))
    }
    return channels.map { GRIPItem(channel: $0, httpResponse: .hint, httpStream: .hint) }
  }

  private static func items(_ event: EventRepresentation, previous: Int64, base: String) -> [GRIPItem] {
    func response(_ body: String, _ format: NotificationQuery.Format) -> GRIPHTTPResponseFormat {
      .send(
        GRIPHTTPResponseMessage(
          status: 200, reason: "OK", headers: EventReader.fields(format), body: .full(.text(body))))
    }
    return [
      GRIPItem(
        channel: "\(base)-json", id: event.id, previousID: String(previous), httpResponse: response(event.json, .json),
        httpStream: .send(.text(event.stream))),
      GRIPItem(
        channel: "\(base)-atom", id: event.id, previousID: String(previous), httpResponse: response(event.atom, .atom)),
    ]
  }
}

extension PublishFailure {
  /// Whether the proxy refused the items themselves, so that trying them again cannot help.
  fileprivate var isPermanent: Bool {
    if case .rejected(let status, _) = self { status == 400 || status == 413 || status == 422 } else { false }
  }

  /// For the log.
  fileprivate var text: String {
    switch self {
    case .transport(let text): text
    case .rejected(let status, let body): "\(status) \(body.prefix(200))"
    case .unauthorized(let status): "\(status): the proxy does not accept our key"
    case .timeout: "no answer in time"
    case .overloaded(let pending): "\(pending) publishes wait already"
    case .credentials(let text): "our credentials cannot be made: \(text)"
    case .cancelled: "cancelled"
    }
  }
}
