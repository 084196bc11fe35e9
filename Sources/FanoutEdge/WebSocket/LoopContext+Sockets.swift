extension LoopContext {
  /// Connects a client's side with an origin, and begins to ask it. The client's side keeps what connects them.
  func startSocket(_ request: SocketRequest, client: DownstreamSocket) {
    let relay = SocketRelay(client: client, request: request)
    client.receiver = relay
    relay.start(NativeSocketOrigin(request, loop: self, receiver: relay))
  }

  /// Whether one more native WebSocket to an origin is allowed on this loop.
  var hasRoomForOriginSocket: Bool {
    counters.originSockets < max(1, configuration.sockets.maxOriginSockets / loopCount)
  }
}
