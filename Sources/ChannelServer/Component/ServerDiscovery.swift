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
    guard let items = await ask(ProtocolNamespace.discoItems, of: target) else { return nil }
    let found = items.elements.filter { $0.name == "item" }.prefix(configuration.maxDiscoItems)
    let addresses = found.compactMap { item in
      item.attributes["jid"].flatMap { try? JID($0) }.map { (address: $0, name: item.attributes["name"]) }
    }
    if let named = addresses.first(where: { $0.name == "buddycloud-server" }) { return named.address }
    for (address, _) in addresses where address.resource == nil {
      guard let info = await ask(ProtocolNamespace.discoInfo, of: address) else { continue }
      let isChannelServer = info.elements.contains {
        $0.name == "identity" && $0.attributes["category"] == "pubsub" && $0.attributes["type"] == "channels"
      }
      if isChannelServer { return address }
    }
    return nil
  }

  private func ask(_ namespace: String, of target: JID) async -> XMLElement? {
    let query = Stanza(
      .iq, type: "get", to: target, from: authority, payload: [XMLElement("query", namespace: namespace)])
    return try? await link.request(query).payload.first
  }
}
