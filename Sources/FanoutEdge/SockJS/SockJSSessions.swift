import NIOCore

/// The sessions of clients that poll, as far as they live on this event loop.
///
/// **Isolation**: its event loop, every member.
final class SockJSSessions {
  private var sessions: [SockJSKey: SockJSSession] = [:]

  /// How many there are.
  var count: Int { sessions.count }

  /// The session of a key.
  func session(_ key: SockJSKey) -> SockJSSession? { sessions[key] }

  /// Keeps a session until it says that it is over.
  func add(_ session: SockJSSession) { sessions[session.key] = session }

  /// It is over.
  func remove(_ session: SockJSSession) {
    if sessions[session.key] === session { sessions[session.key] = nil }
  }
}

@available(*, unavailable)
extension SockJSSessions: Sendable {}

extension LoopContext {
  /// The event loop on which a session lives: whichever connection its client's requests come on, they meet there.
  func home(of key: SockJSKey) -> (eventLoop: any EventLoop, context: NIOLoopBound<LoopContext>) {
    guard siblings.count > 1 else { return (eventLoop, NIOLoopBound(self, eventLoop: eventLoop)) }
    var hasher = Hasher()
    hasher.combine(key)
    return siblings[Int(UInt(bitPattern: hasher.finalize()) % UInt(siblings.count))]
  }

  /// Does what a connection asks of a session of this loop.
  func take(_ order: SockJSOrder) {
    switch (order.kind, sockjs.session(order.key)) {
    case (.poll, let session?): session.poll(order)
    case (.poll(let request), nil):
      guard !isStopped, sockjs.count < max(1, configuration.sockjs.maxSessions / loopCount) else {
        return order.reply(.full)
      }
      var request = request
      request.socketID = OverHTTPRequest.makeConnectionID()
      let session = SockJSSession(loop: self, key: order.key, request: request)
      session.statistics = statistics?.sessionBegan(
        id: request.socketID, route: request.route.explicitID, peer: request.peer, isSecure: request.isSecure)
      sockjs.add(session)
      session.poll(order)
      startSocket(request, client: session)
    case (.send(nil), _?): order.reply(.text(400, "Payload expected"))
    case (.send(let messages?), let session?): session.send(messages, order)
    case (.send, nil): order.reply(.notFound)
    }
  }

  /// A connection that waited for a session's answer has gone.
  func sockjsClientGone(_ connectionID: Int, key: SockJSKey) { sockjs.session(key)?.gone(connectionID) }
}
