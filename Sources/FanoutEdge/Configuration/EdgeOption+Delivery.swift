import FanoutBus
import NIOCore
import ServerKit

// Publishing, holding and delivering.
extension EdgeOption {
  static let delivery: [EdgeOption] = [
    EdgeOption(
      "delivery.channels", "N", .count(1...1_000_000), pushpin: ["handler/connection_subscription_max"],
      "Channels of one held request, 32 at most; those beyond are ignored, with a line in the log.",
      read: { String($0.server.delivery.channelsPerHold) },
      write: { settings, input throws(Fault) in
        guard let count = Int(input.text) else { return nil }
        settings.server.delivery.channelsPerHold = min(count, 32)
        return count > 32 ? Fault(text: "32 is the most that this edge has", gravity: .warning) : nil
      }),
    .count(
      "delivery.queued-items", \.server.delivery.queuedItemsPerHold, 1...1_000_000,
      help: "Items that wait for one client that does not read."),
    .bytes(
      "delivery.queued-bytes", \.server.delivery.queuedBytesPerHold, 1024...1_073_741_824,
      help: "Bytes that wait for one client that does not read."),
    EdgeOption(
      "delivery.slow-clients", "WHAT", .choice(DeliveryConfiguration.SlowPolicy.allCases.map(\.rawValue)),
      "What happens to a stream beyond these: disconnect it, drop the new item, or conflate: keep the newest only.",
      read: { $0.server.delivery.slowPolicy.rawValue },
      write: { settings, input throws(Fault) in
        settings.server.delivery.slowPolicy =
          DeliveryConfiguration.SlowPolicy(rawValue: input.text) ?? settings.server.delivery.slowPolicy
        return nil
      }),
    .count(
      "delivery.slice", \.server.delivery.sliceSize, 1...65_536,
      help: "Connections written in one turn of an event loop before others get theirs."),
    .bytes(
      "delivery.coalesced", \.server.delivery.coalescedBytes, 1024...16_777_216,
      help: "Bytes that several items of one channel are written together as."),
    .count(
      "delivery.items-in-flight", \.server.delivery.itemsInFlight, 1...100_000_000,
      help: "Items on their way through one event loop; beyond it a publish is refused."),
    .bytes(
      "delivery.bytes-in-flight", \.server.delivery.bytesInFlight, 1024...1_099_511_627_776,
      help: "Bytes of items on their way through one event loop; beyond it a publish is refused."),
    .count(
      "delivery.updates-per-second", \.server.delivery.updatesPerSecond, 0...1_000_000,
      help: "Requests to origins, per second and event loop, that repair what was missed; 0 without limit."),
    .time(
      "delivery.gap-delay", \.server.delivery.gapDelay, .zero ... .seconds(60),
      help: "How long a gap may last before the origin is asked, spread at random over the second half of it."),
    .count(
      "delivery.next-link-retries", \.server.delivery.nextLinkRetries, 0...30,
      help: "How often a next link that gives nothing is asked again, after 1, 2, 4, … s."),
    .flag(
      "delivery.update-on-first-subscription", \.server.delivery.updatesOnFirstSubscription,
      pushpin: "handler/update_on_first_subscription",
      help: "Whether listeners of a channel look again one second after its first came, where items of unsubscribed "
        + "channels do not reach this proxy."),
    .duration(
      "sequence.duplicates", \.server.delivery.sequencer.duplicateWindow, .zero ... .seconds(86_400),
      pushpin: "handler/id_cache_ttl", help: "How long the same id of the same channel is dropped; 0 turns it off."),
    .count(
      "sequence.duplicate-ids", \.server.delivery.sequencer.duplicateLimit, 1...100_000_000,
      help: "Ids that are remembered for that; the oldest are forgotten beyond."),
    .duration(
      "sequence.wait", \.server.delivery.sequencer.messageWait, .zero ... .seconds(600),
      pushpin: "handler/message_wait", unit: "ms", help: "How long an item waits for the one before it."),
    .count(
      "sequence.waiting-per-channel", \.server.delivery.sequencer.waitingPerChannel, 1...1_000_000,
      help: "Items of a channel that wait so; beyond it an item is dropped."),
    .count(
      "sequence.waiting", \.server.delivery.sequencer.waitingLimit, 1...100_000_000,
      help: "Items of all channels that wait so; beyond it the oldest passes early."),
    .count(
      "sequence.channels", \.server.delivery.sequencer.channelLimit, 1...100_000_000,
      help: "Channels without listeners whose last id is remembered; the oldest are forgotten beyond."),
    .duration(
      "sequence.linger", \.server.delivery.sequencer.linger, .zero ... .seconds(86_400),
      pushpin: "handler/subscription_linger",
      help: "How long a channel counts as listened to after its last listener has gone."),
  ]

  static let publishing: [EdgeOption] = [
    EdgeOption(
      "control.listen", "[ADDRESS:]PORT", .list,
      "Where publishers connect by HTTP, one address or more; `off` turns it off. Without an address it is this machine.",
      read: { settings in
        let addresses = settings.server.control.listen
        return addresses.isEmpty ? "off" : addresses.map(\.text).joined(separator: ", ")
      },
      write: { settings, input throws(Fault) in
        settings.server.control.listen = []
        for text in input.list where text != "off" {
          guard let address = EdgeSettings.controlAddress(text) else {
            throw Fault(text: "'\(text)' is no [address:]port, nor off")
          }
          settings.server.control.listen.append(address)
        }
        return nil
      }),
    .flag(
      "control.open", \.server.control.allowsOpenNetwork,
      help: "Whether everybody who reaches the address may publish although other machines reach it."),
    credential(
      "control.bearer", "TOKEN", "handler/push_in_http_bearer", "Publishers may come with this bearer token.",
      count: { if case .bearer = $0 { true } else { false } },
      make: { input throws(Fault) in .bearer(token: input.text) }),
    credential(
      "control.basic", "USER:PASSWORD", "handler/push_in_http_basic",
      "Publishers may come with this user and password.",
      count: { if case .basic = $0 { true } else { false } },
      make: { input throws(Fault) in
        guard let colon = input.text.firstIndex(of: ":"), colon != input.text.startIndex else {
          throw Fault(text: "user:password")
        }
        return .basic(
          user: String(input.text[..<colon]), password: String(input.text[input.text.index(after: colon)...]))
      }),
    credential(
      "control.jwt-key", "KEY", "handler/push_in_http_jwt_key",
      "Publishers may come with a token signed with this key.",
      count: { if case .jwt = $0 { true } else { false } },
      make: { input throws(Fault) in
        guard let key = try parseKey(input) else { throw Fault(text: "a key") }
        return .jwt(issuer: nil, key: key)
      }),
    .list(
      "control.realms", "NAMES", \.server.control.realms, pushpin: "handler/push_in_http_realms",
      help: "Realms under which the API is also found, as /realm/NAME/publish/."),
    .list(
      "control.hosts", "NAMES", \.server.control.allowedHosts, pushpin: "handler/push_in_http_hosts",
      help: "Names besides localhost that a request on a loopback address may carry as Host."),
    .bytes(
      "control.head", \.server.control.maxHeadBytes, 256...1_000_000, pushpin: "handler/push_in_http_max_headers_size",
      help: "Bytes of a publisher's request head."),
    .bytes(
      "control.body", \.server.control.maxBodyBytes, 256...1_000_000_000, pushpin: "handler/push_in_http_max_body_size",
      help: "Bytes of a publisher's request body."),
    .count(
      "control.connections", \.server.control.maxConnections, 1...1_000_000,
      help: "Publishers connected at once; beyond it none is accepted."),
    .time(
      "control.request-timeout", \.server.control.requestTimeout, .milliseconds(1) ... .seconds(3600),
      help: "From the first byte of a publisher's request to its last."),
    .time(
      "control.idle-timeout", \.server.control.idleTimeout, .milliseconds(1) ... .seconds(86_400),
      help: "How long a publisher's connection waits for its next request."),
  ]

  private static func credential(
    _ key: String, _ placeholder: String, _ pushpin: String, _ help: String,
    count: @escaping @Sendable (ControlCredential) -> Bool,
    make: @escaping @Sendable (Input) throws(Fault) -> ControlCredential
  ) -> EdgeOption {
    EdgeOption(
      key, placeholder, .text, isSecret: true, pushpin: [pushpin], help,
      read: { $0.server.control.credentials.contains(where: count) ? "******" : nil },
      write: { settings, input throws(Fault) in
        settings.server.control.credentials.removeAll(where: count)
        if !input.text.isEmpty { settings.server.control.credentials.append(try make(input)) }
        return nil
      })
  }
}
