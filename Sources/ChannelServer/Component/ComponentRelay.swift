import ChannelProtocol
import Channels
import Logging
import ServerKit
import XMPP

/// Tells users and other servers what happened: reads the outbox in order and sends messages.
///
/// Its place in the outbox is kept in the store, so nothing is lost when the process ends; what was sent just before may then
/// be sent again. While there is no connection it waits.
///
/// **Spec**: channel-server §11.4, §17.
package struct ComponentRelay: Sendable {
  /// What the place is called in the store.
  package static let name = "xmpp"

  private let component: ChannelComponent
  private var server: ChannelServer { component.server }

  package init(_ component: ChannelComponent) {
    self.component = component
  }

  /// Relays until the task is cancelled. What was committed before the very first start is not told.
  package func run() async {
    var commits = server.commits().makeAsyncIterator()
    while !Task.isCancelled {
      do throws(ChannelError) {
        var position = try await beginning()
        while !Task.isCancelled {
          let events = try await server.outbox(after: position, maxEvents: component.configuration.relayBatch)
          guard let last = events.last else {
            guard await commits.next() != nil else { return }
            continue
          }
          await tell(events)
          position = last.event.sequence
          try await server.setRelayPosition(Self.name, to: position)
        }
      } catch {
        component.logger.warning(
          "events are not told at the moment", metadata: .keys([.errorDetail: error.description]))
        guard (try? await server.surroundings.sleep(.seconds(1))) != nil else { return }
      }
    }
  }

  private func beginning() async throws(ChannelError) -> Int64 {
    if let position = try await server.relayPosition(Self.name) { return position }
    let head = try await server.outboxHead()
    try await server.setRelayPosition(Self.name, to: head)
    return head
  }

  /// Sends the messages of a part of the outbox. Each is printed once for all who hear it.
  private func tell(_ events: [QueuedEvent]) async {
    var printer = EventPrinter(authority: component.authority)
    var batch: [[UInt8]] = []
    for queued in events where !Task.isCancelled {
      let destinations: [JID] =
        switch queued.queue {
        case .user(let user), .notices(let user): component.online.destinations(of: user)
        case .remote(let domain): (try? JID(domain)).map { [$0] } ?? []
        case .anonymous, .node, .member, .control: []
        }
      guard !destinations.isEmpty, let template = printer.template(of: queued.event) else { continue }
      for destination in destinations {
        var bytes: [UInt8] = []
        template.serialize(to: destination, id: "event-\(queued.event.sequence)", into: &bytes)
        guard bytes.count <= component.configuration.maxStanzaBytes else {
          component.logger.warning(
            "an event is larger than a stanza may be, and was not told",
            metadata: .keys([.sequence: queued.event.sequence, .bytes: bytes.count]))
          continue
        }
        batch.append(bytes)
        if let question = question(queued, to: destination) {
          batch.append(question.serialized(namespace: XMPPNamespace.component))
        }
      }
      if batch.count >= 256 { await send(&batch) }
    }
    await send(&batch)
  }

  /// What a moderator is asked when somebody wants to follow.
  private func question(_ queued: QueuedEvent, to moderator: JID) -> Stanza? {
    guard case .subscriptionChanged(let user, .pending, _) = queued.event.change, user != moderator.bare,
      case .notices = queued.queue
    else { return nil }
    let form = AuthorizationForm(node: queued.event.node, subscriber: user)
    return Stanza(
      .message, type: "headline", id: "ask-\(queued.event.sequence)", to: moderator, from: component.authority,
      payload: [form.question])
  }

  /// Sends, and waits while that can't be.
  private func send(_ batch: inout [[UInt8]]) async {
    while !batch.isEmpty, !Task.isCancelled {
      do throws(LinkError) {
        try component.link.send(printed: batch)
        batch.removeAll(keepingCapacity: true)
      } catch {
        await component.link.ready()
      }
    }
  }
}

/// Prints each event once.
private struct EventPrinter {
  let authority: JID
  private var printed: (event: ChannelEvent, template: StanzaTemplate?)?

  init(authority: JID) {
    self.authority = authority
  }

  /// The message of an event, without its receiver; `nil` where nobody is told.
  mutating func template(of event: ChannelEvent) -> StanzaTemplate? {
    if let printed, isSame(printed.event, event) { return printed.template }
    let template = ChannelNotification(event.change, node: event.node).map { notification in
      StanzaTemplate(
        ChannelMessage.headline([notification], from: authority.description), namespace: XMPPNamespace.component)
    }
    printed = (event, template)
    return template
  }

  /// Whether two readers hear the same: what was published is a retraction to who may not read it any more.
  private func isSame(_ one: ChannelEvent, _ other: ChannelEvent) -> Bool {
    guard one.sequence == other.sequence else { return false }
    switch (one.change, other.change) {
    case (.published, .published): return true
    default: return one.change == other.change
    }
  }
}
