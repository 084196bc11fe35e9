extension Scenario {
  /// All of them, in the order of the protocol's parts.
  static let all: [Scenario] =
    forwarding + routing + trusting + instructions + longPoll + streaming + publishing + contentFilters + sockjs
    + quirks
}
