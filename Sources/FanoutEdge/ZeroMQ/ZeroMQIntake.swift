import FanoutBus
import GRIP
import Logging

/// Reads items from the sockets of publishers and hands them to the bus.
///
/// **Bounds**: one batch that the bus has not taken; until it has, nothing more is read, so that queues fill on the side
/// of the publishers.
/// **Isolation**: the ZeroMQ thread.
struct ZeroMQIntake {
  /// What became of messages, since the start.
  struct Counters: Hashable, Sendable {
    /// Items handed to the bus.
    var items = 0
    /// Messages that were no item.
    var malformed = 0
    /// Messages of channels that nobody listens to: a topic that begins like one that was asked for.
    var unwanted = 0
    /// Times that the bus had no room.
    var waits = 0
    /// Items dropped because nobody takes items any more.
    var dropped = 0
  }

  /// LIMIT: items of one batch.
  private static let batchCount = 256
  /// LIMIT: bytes of contents of one batch, but for its last item.
  private static let batchBytes = 1 << 20

  private(set) var counters = Counters()
  private var batch: [PublishedItem] = []
  private var bytes = 0
  private var complaints: LogGate
  private let bus: any Bus
  private let limits: GRIPLimits
  private let logger: Logger

  init(bus: any Bus, maxMessageBytes: Int, logger: Logger) {
    self.bus = bus
    self.logger = logger
    var limits = GRIPLimits()
    limits.publishBytes = maxMessageBytes
    self.limits = limits
    complaints = LogGate()
  }

  /// Whether a batch waits for room.
  var isWaiting: Bool { !batch.isEmpty }
  /// Whether the batch takes another item.
  var hasRoom: Bool { batch.count < Self.batchCount && bytes < Self.batchBytes }

  /// A message of a PULL socket: one item (§10.2).
  mutating func pulled(_ message: ZeroMQSocket.Message, now: Duration) {
    guard message.parts.count == 1, !message.isCut else {
      return refuse("a message has one part, this one more", "push_in_spec", now: now)
    }
    decode(message.parts[0], channel: nil, source: "push_in_spec", now: now)
  }

  /// A message of a SUB socket: the channel, and the item (§10.3).
  mutating func subscribed(_ message: ZeroMQSocket.Message, isWanted: (String) -> Bool, now: Duration) {
    guard message.parts.count == 2, !message.isCut else {
      return refuse("a message has two parts, a channel and an item", "push_in_sub_specs", now: now)
    }
    guard let channel = String(validating: message.parts[0], as: UTF8.self) else {
      return refuse("the channel is not UTF-8", "push_in_sub_specs", now: now)
    }
    guard isWanted(channel) else {
      counters.unwanted += 1
      return
    }
    decode(message.parts[1], channel: channel, source: "push_in_sub_specs", now: now)
  }

  private mutating func decode(_ bytes: [UInt8], channel: String?, source: String, now: Duration) {
    do throws(GRIPDecodingError) {
      let item = PublishedItem(try GRIPItem.decode(message: bytes, channel: channel, limits: limits))
      batch.append(item)
      self.bytes += item.weight
    } catch {
      refuse(error.description, source, now: now)
    }
  }

  private mutating func refuse(_ reason: String, _ source: String, now: Duration) {
    counters.malformed += 1
    guard let suppressed = complaints.pass(now: now) else { return }
    logger.warning(
      "a ZeroMQ message is no item, it is dropped",
      metadata: ["socket": "\(source)", "reason": "\(reason)", "more": "\(suppressed)"])
  }

  /// Hands over what has been read; what the bus has no room for is kept for the next time.
  mutating func flush(now: Duration) {
    guard !batch.isEmpty else { return }
    do throws(BusError) {
      try bus.publish(batch)
      counters.items += batch.count
    } catch .overloaded {
      counters.waits += 1
      return
    } catch {
      counters.dropped += batch.count
    }
    batch.removeAll(keepingCapacity: true)
    bytes = 0
  }
}

/// Lets one line of a kind into the log each second, and counts the others.
struct LogGate {
  private var next = Duration.zero
  private var suppressed = 0

  /// The number of lines left out since the last one; `nil` where this one is to be left out too.
  mutating func pass(now: Duration) -> Int? {
    guard now >= next else {
      suppressed += 1
      return nil
    }
    defer { suppressed = 0 }
    next = now + .seconds(1)
    return suppressed
  }
}
