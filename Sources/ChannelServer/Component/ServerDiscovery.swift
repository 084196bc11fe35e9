import ChannelProtocol
import Channels
import Synchronization
import XMPP

/// Finds the channel server of a domain, and remembers it.
///
/// Asks the domain for its items, then each item what it is: the one with the identity `pubsub/channels` it is. An item called
/// `buddycloud-server` is taken at its word.
///
/// **Isolation**: thread-safe. Those who ask for one domain at the same time share the question.
/// **Spec**: channel-server §18.1.
final class ServerDiscovery: Sendable {
  private struct Known {
    /// `nil` where the domain has none.
    var server: JID?
    var until: Timestamp
  }

  private struct State {
    var known: [String: Known] = [:]
    var running: [String: Task<JID?, Never>] = [:]
  }

  private let state = Mutex(State())
  private let link: any ComponentLink
  private let authority: JID
  private let configuration: ChannelComponentConfiguration
  private let surroundings: Surroundings

  init(
    link: any ComponentLink, authority: JID, configuration: ChannelComponentConfiguration, surroundings: Surroundings
  ) {
    self.link = link
    self.authority = authority
    self.configuration = configuration
    self.surroundings = surroundings
  }

  /// The channel server of a domain; `nil` where it has none, or doesn't answer.
  func server(of domain: String) async -> JID? {
    let now = surroundings.now()
    let task = state.withLock { state -> Task<JID?, Never> in
      if let known = state.known[domain], known.until > now {
        let server = known.server
        return Task { server }
      }
      if let running = state.running[domain] { return running }
      let task = Task { await self.discover(domain) }
      state.running[domain] = task
      return task
    }
    return await task.value
  }

  private func discover(_ domain: String) async -> JID? {
    let server = await search(domain)
    let lifetime = server == nil ? configuration.failedDiscoveryLifetime : configuration.discoveryLifetime
    let until = Timestamp(
      milliseconds: surroundings.now().milliseconds + lifetime.components.seconds * 1000)
    state.withLock { state in
      state.running[domain] = nil
      if state.known.count >= configuration.maxDiscoveredDomains { state.known.removeAll() }
      state.known[domain] = Known(server: server, until: until)
    }
    return server
  }

  private func search(_ domain: String) async -> JID? {
    guard let target = try? JID(domain) else { return nil }
    let found = await ask(DiscoItems().element, of: target).flatMap { try? DiscoItems($0) }
    let items = found?.items.prefix(configuration.maxDiscoItems) ?? []
    if let named = items.first(where: { $0.name == "buddycloud-server" }) { return named.jid }
    for item in items where item.jid.resource == nil {
      let info = await ask(DiscoInfo().element, of: item.jid).flatMap { try? DiscoInfo($0) }
      if info?.isA("pubsub", "channels") == true { return item.jid }
    }
    return nil
  }

  private func ask(_ question: XMLElement, of target: JID) async -> XMLElement? {
    try? await link.request(Stanza(.iq, type: "get", to: target, from: authority, payload: [question])).payload.first
  }
}
