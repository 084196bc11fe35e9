extension LoopContext {
  /// Connects a client's side with an origin, and begins to ask it. The client's side keeps what connects them: a session
  /// where the edge executes what the origin says, otherwise a relay.
  func startSocket(_ request: SocketRequest, client: any SocketHost) {
    if statistics != nil { namedSockets[request.socketID] = client }
    guard request.isGRIP, let table = holds as? HoldTable else {
      let relay = SocketRelay(client: client, request: request)
      client.receiver = relay
      return start(request, at: 0, receiver: relay) { [weak relay] in relay?.start($0) }
    }
    // One compressor serves the whole loop.
    if client.isDeflating { table.deflater = deflater }
    let session = SocketSession(
      client: client, table: table,
      settings: SocketSession.Settings(
        connectionID: "\(request.connectionID)", uri: String(request.head.path), routeID: request.route.id,
        channelPrefix: request.route.channelPrefix, isDebug: request.route.isDebug || configuration.isDebug,
        statisticsRoute: request.route.explicitID),
      logger: logger)
    session.asking = { [self] question, target, answer in
      let call = FilterCall(question, loop: self, answer: answer)
      do throws(LinkFailure) {
        call.start(
          try LinkPlace(
            question.url, base: request.head, scheme: request.isSecure ? "https" : "http", route: request.route,
            answeredBy: target))
      } catch {
        call.fail(error.text)
      }
      return call
    }
    client.receiver = session
    start(request, at: 0, receiver: session) { [weak session] in session?.start($0) }
  }

  /// Asks the targets from this one on, in the way that each is to be asked.
  private func start(
    _ request: SocketRequest, at index: Int, receiver: any SocketOriginReceiver,
    with begin: @escaping (any SocketOrigin) -> Void
  ) {
    let passOn = { [weak self, weak receiver] (next: Int) in
      guard let self, let receiver else { return }
      self.start(request, at: next, receiver: receiver, with: begin)
    }
    let target = request.route.targets[index]
    if target.isTest { return begin(TestSocketOrigin(request, target: target, loop: self, receiver: receiver)) }
    guard target.isOverHTTP else {
      let origin = NativeSocketOrigin(request, loop: self, receiver: receiver, targetIndex: index)
      origin.passOn = passOn
      return begin(origin)
    }
    let common = OverHTTPRequest(
      head: request.head, route: request.route, trust: request.trust, peer: request.peer,
      offersGRIP: request.offersGRIP, connectionID: request.socketID, isSecure: request.isSecure,
      figures: statistics?.figures(of: request.route.explicitID))
    let origin = OverHTTPOrigin(loop: self, request: common, targetIndex: index, receiver: receiver)
    origin.passOn = passOn
    begin(origin)
  }

  /// Counts a client's WebSocket, or (-1) does so no longer.
  func countSocket(_ change: Int, route: String) {
    counters.sockets += change
    counters.routes.count(route) { $0.sockets += change }
  }

  /// Whether one more native WebSocket to an origin is allowed on this loop.
  var hasRoomForOriginSocket: Bool {
    counters.originSockets < max(1, configuration.sockets.maxOriginSockets / loopCount)
  }
}
