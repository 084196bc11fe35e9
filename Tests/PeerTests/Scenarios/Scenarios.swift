extension Scenario {
  /// All of them, in the order of the protocol's parts.
  static let all: [Scenario] =
    [
      forwarding, routing, trusting, instructions, longPoll, streaming, publishing, contentFilters, deliveryFilters,
      helpers, sockets, socketGRIP, overHTTP, zeroMQ, overTLS, sockjs, quirks,
    ].flatMap(\.self)
}
