public import AsyncHTTPClient
public import GRIP
public import Logging

/// Publishes items to any number of GRIP proxies at once.
///
/// A value of this type is shared freely: copies have one token, one bound of pending publishes per endpoint and the
/// connections of one HTTP client. There is nothing to close where that client is `HTTPClient.shared`.
///
/// **Order**: two publishes to one endpoint, the second after the first has returned, arrive in this order. So do the
/// parts of a batch that is too large for one request. Publishes at the same time have no order.
/// **Repetition**: what may have been taken is sent again only where every item has an id, by which a proxy knows what
/// it has seen. What was certainly not sent (connection refused) is always sent again. See `Options`.
public struct PubControl: Sendable {
  /// What became of a publish at one endpoint.
  public struct Outcome: Sendable {
    /// The endpoint's control URI (without credentials).
    public var endpoint: String
    /// `nil` when the endpoint answered 2xx.
    public var failure: PublishFailure?

    /// An outcome.
    public init(endpoint: String, failure: PublishFailure?) {
      self.endpoint = endpoint
      self.failure = failure
    }
  }

  /// The endpoints.
  public let endpoints: [GRIPEndpoint]

  private let publishers: [EndpointPublisher]
  private let options: Options

  /// A client for these endpoints.
  public init(endpoints: [GRIPEndpoint], httpClient: HTTPClient = .shared) {
    self.init(endpoints: endpoints, httpClient: httpClient, options: Options())
  }

  /// A client for these endpoints.
  ///
  /// - Parameters:
  ///   - options: timeouts, repetition and bounds.
  ///   - logger: is told of repeated attempts, at debug; never of content or credentials.
  public init(
    endpoints: [GRIPEndpoint], httpClient: HTTPClient = .shared, options: Options, logger: Logger? = nil
  ) {
    self.endpoints = endpoints
    self.options = options
    publishers = endpoints.map {
      EndpointPublisher(endpoint: $0, httpClient: httpClient, options: options, logger: logger)
    }
  }

  /// Publishes a batch to every endpoint; one outcome per endpoint, in their order. Never throws for an endpoint's fault.
  ///
  /// The batch is encoded once. Without items nothing is sent.
  ///
  /// **Errors**: an item that cannot be written; then no item is sent to anyone.
  public func publish(_ items: [GRIPItem]) async throws(GRIPEncodingError) -> [Outcome] {
    let batches = try PublishBatch.split(items, options: options)
    var outcomes = publishers.map { Outcome(endpoint: $0.name, failure: nil) }
    await withTaskGroup(of: (index: Int, failure: PublishFailure?).self) { group in
      for (index, publisher) in publishers.enumerated() {
        group.addTask { (index, await publisher.publish(batches)) }
      }
      for await result in group { outcomes[result.index].failure = result.failure }
    }
    return outcomes
  }

  /// Publishes a batch to one endpoint, by its index.
  ///
  /// - Parameter index: a position in `endpoints`.
  public func publish(_ items: [GRIPItem], toEndpoint index: Int) async throws(GRIPEncodingError) -> Outcome {
    let batches = try PublishBatch.split(items, options: options)
    let publisher = publishers[index]
    return Outcome(endpoint: publisher.name, failure: await publisher.publish(batches))
  }
}

/// Why an endpoint did not take a publish.
public enum PublishFailure: Error, Sendable {
  /// It could not be reached, or the connection broke.
  case transport(String)
  /// It answered with this status; the start of its body, for the log.
  case rejected(status: Int, body: String)
  /// 401 or 403.
  case unauthorized(status: Int)
  /// No answer in time.
  case timeout
  /// Nothing was sent: as many publishes to this endpoint are pending as `Options.pendingPublishes` allows.
  case overloaded(pending: Int)
  /// Nothing was sent: the endpoint's credentials cannot be used (a key that cannot sign, a token with a line break).
  case credentials(String)
  /// The task that published was cancelled.
  case cancelled
}

extension PublishFailure: CustomStringConvertible {
  /// What happened, in words for a person.
  public var description: String {
    switch self {
    case .transport(let reason): "it could not be reached, or the connection broke: \(reason)"
    case .rejected(let status, let body): "it answered \(status): \(body)"
    case .unauthorized(let status): "it answered \(status): the credentials are missing or wrong"
    case .timeout: "it did not answer in time"
    case .overloaded(let pending): "\(pending) publishes to it are already pending"
    case .credentials(let reason): "its credentials cannot be used: \(reason)"
    case .cancelled: "the publish was cancelled"
    }
  }
}
