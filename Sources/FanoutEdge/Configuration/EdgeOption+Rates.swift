import NIOCore
import ServerKit

// How much is delivered, shared and filtered.
extension EdgeOption {
  static let rates: [EdgeOption] = [
    bound(
      "delivery.deliveries-per-second", \.server.delivery.deliveriesPerSecond, pushpin: "handler/message_rate",
      shipped: 2500,
      help: "Deliveries over all event loops, each receiver counted; what is too much waits. 0 without limit."),
    bound(
      "delivery.deliveries-waiting", \.server.delivery.deliveriesWaiting, pushpin: "handler/message_hwm",
      shipped: 25_000, help: "Deliveries that may wait; beyond it a publish is refused with 503. 0 without limit."),
    bound(
      "delivery.block-bytes", \.server.delivery.blockBytes, pushpin: "handler/message_block_size", shipped: nil,
      help: "Bytes that count as one delivery in these two; 0: an item is one, whatever its size."),
    .flag(
      "delivery.share-all", \.server.edge.sharesAll, pushpin: "handler/share_all",
      help: "Whether GET and HEAD requests for one URI that come while one is on its way share its response. Only for "
        + "origins whose responses are the same for everybody."),
    .time(
      "delivery.share-patience", \.server.edge.sharePatience, .milliseconds(1) ... .seconds(3600),
      help: "How long those who share a response wait for one of them that does not read."),
    .time(
      "delivery.gone-timeout", \.server.edge.goneTimeout, .milliseconds(1) ... .seconds(3600),
      help: "How long a gone link may take."),
    .count(
      "filters.requests-per-second", \.server.edge.filters.requestsPerSecond, 1...1_000_000,
      help: "Requests of network filters (http-check, http-modify)."),
    .time(
      "filters.timeout", \.server.edge.filters.timeout, .milliseconds(1) ... .seconds(3600),
      help: "How long a network filter may take."),
    .bytes(
      "filters.max-response", \.server.edge.filters.maxResponseBytes, 0...1_073_741_824,
      help: "The largest answer of a network filter."),
  ]

  /// A bound that Pushpin's shipped file sets: that very number counts as unset, because it is there in every
  /// installation and would make a publish to ten thousand listeners take seconds.
  private static func bound(
    _ key: String, _ path: any Path<Int>, pushpin: String, shipped: Int?, help: String
  ) -> EdgeOption {
    EdgeOption(
      key, "N", .count(-1...1_000_000_000), pushpin: [pushpin],
      help + (shipped.map { " \($0), as shipped with Pushpin, counts as 0." } ?? ""),
      read: { String($0[keyPath: path]) },
      write: { settings, input throws(Fault) in
        guard let value = Int(input.text) else { return nil }
        settings[keyPath: path] = value == shipped ? 0 : max(0, value)
        return nil
      })
  }
}
