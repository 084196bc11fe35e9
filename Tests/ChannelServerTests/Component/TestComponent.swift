import ChannelProtocol
import ChannelServer
import Channels
import Logging
import Synchronization
import Testing
import XMPP

/// A connection that goes nowhere: keeps what is sent, and answers queries as the test says.
final class LinkDouble: ComponentLink {
  private let outgoing: AsyncStream<Stanza>
  private let continuation: AsyncStream<Stanza>.Continuation
  private let state = Mutex(State())

  private struct State {
    var isOnline = true
    var waiting: [CheckedContinuation<Void, Never>] = []
    var answers: [String: XMLElement] = [:]
    var questions = 0
  }

  init() {
    (outgoing, continuation) = AsyncStream.makeStream()
  }

  /// Queries that were asked.
  var questions: Int { state.withLock(\.questions) }

  /// What a query of a namespace to an address is answered with; others are answered with an error.
  func answer(_ address: String, _ namespace: String, _ text: String) throws {
    let element = try XMLElement.parse(Array(text.utf8))
    state.withLock { $0.answers["\(address) \(namespace)"] = element }
  }

  /// Cuts the connection, or makes it again.
  func set(isOnline: Bool) {
    let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      state.isOnline = isOnline
      guard isOnline else { return [] }
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  func send(_ stanza: Stanza) throws(LinkError) {
    guard state.withLock(\.isOnline) else { throw .offline }
    continuation.yield(stanza)
  }

  func send(printed stanzas: [[UInt8]]) throws(LinkError) {
    guard state.withLock(\.isOnline) else { throw .offline }
    for bytes in stanzas {
      // What is printed stands in a stream that has declared the namespace.
      let text = String(decoding: bytes, as: UTF8.self)
      let end = text.firstIndex(of: " ") ?? text.endIndex
      let declared = text[..<end] + " xmlns='\(XMPPNamespace.component)'" + text[end...]
      if let element = try? XMLElement.parse(Array(declared.utf8)), let stanza = try? Stanza(element) {
        continuation.yield(stanza)
      } else {
        Issue.record("this is no stanza: \(text)")
      }
    }
  }

  func request(_ query: Stanza) async throws(StanzaError) -> Stanza {
    let key = "\(query.to?.description ?? "") \(query.payload.first?.namespace ?? "")"
    let answer = state.withLock { state in
      state.questions += 1
      return state.answers[key]
    }
    guard let answer else { throw StanzaError(.serviceUnavailable) }
    return query.reply(answer)
  }

  func ready() async {
    await withCheckedContinuation { continuation in
      let isOnline = state.withLock { state in
        if !state.isOnline { state.waiting.append(continuation) }
        return state.isOnline
      }
      if isOnline { continuation.resume() }
    }
  }

  /// What was sent, one after another, from now on or since the last call.
  func sent(_ count: Int) async -> [Stanza] {
    var stanzas: [Stanza] = []
    for await stanza in outgoing {
      stanzas.append(stanza)
      if stanzas.count == count { break }
    }
    return stanzas
  }
}

/// A channel server of `example.com` with its face on XMPP.
struct TestComponent {
  let world: TestServer
  let link = LinkDouble()
  let component: ChannelComponent

  init(
    _ world: TestServer? = nil, _ change: (inout ChannelComponentConfiguration) -> Void = { _ in }
  ) throws {
    let world = try world ?? TestServer()
    self.world = world
    var configuration = ChannelComponentConfiguration()
    change(&configuration)
    component = try ChannelComponent(
      server: world.server, link: link, configuration: configuration, logger: Logger(label: "test"))
  }

  /// Gives a stanza in, and waits until it has been dealt with.
  func receive(_ stanza: Stanza) async {
    await withCheckedContinuation { continuation in
      component.receive(stanza) { continuation.resume() }
    }
  }

  /// Asks, and gives the answer.
  func ask(
    _ query: ChannelQuery, from: String, to: String = "channels.example.com"
  ) async throws -> Stanza {
    await receive(query.stanza(id: "q", to: try JID(to), from: try JID(from)))
    return try #require(await link.sent(1).first)
  }

  /// Asks for a user, and gives the reply or throws the error.
  func ask(_ request: ChannelRequest, from: String) async throws -> ChannelReply {
    let answer = try await ask(ChannelQuery(request), from: from)
    if let error = StanzaError(stanza: answer) { throw error }
    return try ChannelReply(
      answer.payload.first, to: request, user: try JID(from), moment: world.clock.now)
  }

  /// Somebody comes or goes.
  func presence(_ address: String, _ type: String? = nil) async throws {
    await receive(
      Stanza(.presence, type: type, to: try JID("channels.example.com"), from: try JID(address)))
  }

  /// Makes `channels.elsewhere.example` the channel server of `elsewhere.example`.
  func knowElsewhere() throws {
    try link.answer(
      "elsewhere.example", DiscoItems.namespace,
      """
      <query xmlns='http://jabber.org/protocol/disco#items'><item jid='muc.elsewhere.example'/>\
      <item jid='channels.elsewhere.example'/></query>
      """)
    try link.answer(
      "channels.elsewhere.example", DiscoInfo.namespace,
      """
      <query xmlns='http://jabber.org/protocol/disco#info'><identity category='pubsub' type='inbox'/>\
      <identity category='pubsub' type='channels'/></query>
      """)
  }
}

extension Stanza {
  /// What a message tells.
  func notifications(_ moment: Timestamp) -> [ChannelNotification] {
    guard let event = child("event", PubSub.eventNamespace) else { return [] }
    return ChannelNotification.read(event, moment: moment).notifications
  }
}
