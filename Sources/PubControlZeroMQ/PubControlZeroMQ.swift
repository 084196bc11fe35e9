public import GRIP
public import PubControl

/// Publishes items over ZeroMQ to any number of GRIP proxies at once, with the outcomes that `PubControl` gives over HTTP.
///
/// A value of this type is shared freely: copies have the same sockets, which one thread of its own drives. `close()` lets
/// what has been taken leave; without it that happens in the background when the last copy is gone.
///
/// **What an outcome says**: that libzmq has taken the items for a connection that is there. ZeroMQ has no answers: what a
/// proxy makes of them, and whether it got them when the connection broke a moment later, nobody is told. Nothing is sent
/// twice.
/// **Order**: items of one publish, and of publishes that follow each other, arrive at each endpoint in this order.
public struct PubControlZeroMQ: Sendable {
  /// Timeouts and bounds.
  public struct Options: Sendable {
    /// How long a publish waits for a connection and for room. Default 10 s.
    public var timeout: Duration = .seconds(10)
    /// How long `close()` waits for what has been taken to leave. Default 5 s.
    public var linger: Duration = .seconds(5)
    /// How long a new connection of a `publish` endpoint is given to tell who listens, before items are sent on it. Default
    /// 1 s; it has told when 50 ms have passed without another word.
    public var settling: Duration = .seconds(1)
    /// Publishes to one endpoint that may be under way at once; one more fails as `overloaded`. Default 1,024.
    public var pendingPublishes: Int = 1_024
    /// Messages that libzmq keeps for one connection; beyond it a publish waits. Default 1,000.
    public var sendQueue: Int = 1_000
    /// How items are written. Default JSON; a tnetstring is shorter where content is no text, and takes longer to make.
    public var form: GRIPItem.MessageForm = .json
    /// Bounds of channel names and ids.
    public var limits = GRIPLimits()

    /// The defaults; change what you need.
    public init() {}
  }

  /// The endpoints.
  public let endpoints: [ZeroMQEndpoint]

  private let options: Options
  private let publisher: Publisher

  /// A client for these endpoints. They need not be there yet: connections come about when they are, again and again.
  ///
  /// **Errors**: `transport`: the system gives no thread or no socket.
  public init(endpoints: [ZeroMQEndpoint], options: Options = Options()) throws(PublishFailure) {
    self.endpoints = endpoints
    self.options = options
    publisher = try Publisher(endpoints: endpoints, options: options)
  }

  /// Publishes a batch to every endpoint; one outcome per endpoint, in their order. Never throws for an endpoint's fault.
  ///
  /// A `timeout` or `cancelled` says that at least the last item was not sent. Without items nothing is.
  ///
  /// **Errors**: an item that cannot be written; then no item is sent to anyone.
  public func publish(_ items: [GRIPItem]) async throws(GRIPEncodingError) -> [PubControl.Outcome] {
    let messages = try encoded(items)
    var outcomes = endpoints.map { PubControl.Outcome(endpoint: $0.address, failure: nil) }
    await withTaskGroup(of: (index: Int, failure: PublishFailure?).self) { [publisher] group in
      for index in endpoints.indices {
        group.addTask { (index, await publisher.send(messages, to: index)) }
      }
      for await result in group { outcomes[result.index].failure = result.failure }
    }
    return outcomes
  }

  /// Publishes a batch to one endpoint, by its index.
  ///
  /// - Parameter index: a position in `endpoints`.
  public func publish(
    _ items: [GRIPItem], toEndpoint index: Int
  ) async throws(GRIPEncodingError) -> PubControl.Outcome {
    let messages = try encoded(items)
    return PubControl.Outcome(
      endpoint: endpoints[index].address, failure: await publisher.send(messages, to: index))
  }

  /// Who listens behind the endpoints of the kind `publish`: first all that is known now, then every change.
  ///
  /// The stream ends with the client. A reader who is more than 100,000 changes behind loses the oldest.
  public func interest() -> AsyncStream<ChannelInterest> { publisher.interest.changes() }

  /// Whether anybody is known to listen to a channel behind an endpoint. Never for the kind `push`, which does not tell.
  public func isWanted(_ channel: String, atEndpoint index: Int) -> Bool {
    publisher.interest.isWanted(channel, at: index)
  }

  /// Lets what has been taken leave, for `Options.linger` at most, and ends. What is published afterwards fails.
  public func close() async { await publisher.close() }

  private func encoded(_ items: [GRIPItem]) throws(GRIPEncodingError) -> [OutgoingItem] {
    var messages: [OutgoingItem] = []
    messages.reserveCapacity(items.count)
    for (index, item) in items.enumerated() {
      do throws(GRIPEncodingError) {
        messages.append(
          OutgoingItem(
            channel: Array(item.channel.utf8), message: try item.message(options.form, limits: options.limits)))
      } catch {
        throw GRIPEncodingError("item \(index): \(error.description)")
      }
    }
    return messages
  }
}
