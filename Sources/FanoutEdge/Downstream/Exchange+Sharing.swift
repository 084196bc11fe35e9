import NIOCore

// One request to the origin for all clients that ask the same at the same time (GRIP proxy §6.4, `share_all`).
extension Exchange {
  /// Whether the request may be answered together with others: it is a plain question, and the edge's owner says that
  /// answers are the same for everybody.
  ///
  /// Deviates: Pushpin shares requests of every method, bodies included.
  var isShareable: Bool {
    loop.configuration.sharesAll && trust == .untrusted && body.isComplete && body.count == 0
      && (head.method == "GET" || head.method == "HEAD")
  }

  /// Joins a response on its way, or asks for it.
  func startShared() {
    phase = .waiting
    let (loop, head, route, lastIDs, peer) = (loop, head, route, lastIDs, connection.peer)
    let (signature, isSecure) = (signature, isSecure)
    let key = LinkPlace.Key(
      route: ObjectIdentifier(route), method: head.method,
      uri: "\(isSecure ? "https" : "http")://\(head.authority.lowercased())\(head.target)",
      lastIDs: lastIDs.map { "\($0.channel);\($0.id)" }.sorted())
    let reader = loop.shares.read(
      key, loop: loop, limit: loop.configuration.maxInstructionBytes, responder: self
    ) {
      OriginFetch.Request(
        method: head.method, targets: route.targets,
        host: { $0.hostReplacement ?? route.hostReplacement ?? head.authority }
      ) { target, framing in
        let rewritten = loop.rewrite.rewrite(
          head, route: route, target: target, trust: .untrusted, signature: signature, lastIDs: lastIDs, peer: peer,
          isSecure: isSecure)
        return MessageEncoder.requestHead(
          method: head.method, target: rewritten.target, host: rewritten.host, fields: rewritten.fields,
          framing: framing)
      }
    }
    if case .over = phase { return reader.cancel() }
    self.reader = reader
  }

  /// Reads no further in a shared response.
  func leaveShared() {
    reader?.cancel()
    reader = nil
  }
}
