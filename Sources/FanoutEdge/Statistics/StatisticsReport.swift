/// The figures of a route, or of all, over a time.
///
/// **Spec**: GRIP proxy §21.1 `report`, §21.2. Without a route it is what belongs to none: items received, and the
/// requests of routes without an explicit id. So all reports of an interval add up to the whole.
package struct StatisticsReport: Sendable, Hashable {
  /// The route's explicit id.
  package var route: String?
  /// Connections at once, at most.
  package var connections = 0
  /// Connection minutes begun; each connection's first begins when it does.
  package var minutes = 0
  /// Items that came in.
  package var received = 0
  /// Blocks of items that came in, where blocks are counted.
  package var blocksReceived = 0
  /// What was counted on the way of bytes.
  package var traffic = StatisticsTraffic()
  /// The time, in milliseconds.
  package var duration = 0

  /// Nothing done.
  package init(route: String? = nil) {
    self.route = route
  }

  /// The twelve figures of traffic, by the names that they have in messages.
  var sides: [(name: String, value: Int)] {
    [("client", traffic.client), ("server", traffic.server)].flatMap { name, side in
      [
        ("\(name)-header-bytes-received", side.headerReceived), ("\(name)-header-bytes-sent", side.headerSent),
        ("\(name)-content-bytes-received", side.contentReceived), ("\(name)-content-bytes-sent", side.contentSent),
        ("\(name)-messages-received", side.messagesReceived), ("\(name)-messages-sent", side.messagesSent),
      ]
    }
  }
}
