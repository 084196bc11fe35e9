public import AsyncHTTPClient
public import GRIP

/// Publishes items to any number of GRIP proxies at once.
public struct PubControl: Sendable {
  /// What became of a publish at one endpoint.
  public struct Outcome: Sendable {
    /// The endpoint's control URI (without credentials).
    public var endpoint: String
    /// `nil` when the endpoint answered 2xx.
    public var failure: PublishFailure?
  }

  /// The endpoints.
  public let endpoints: [GRIPEndpoint]

  /// A client for these endpoints.
  public init(endpoints: [GRIPEndpoint], httpClient: HTTPClient = .shared) { fatalError() }

  /// Publishes a batch to every endpoint; one outcome per endpoint, in their order. Never throws for an endpoint's fault.
  public func publish(_ items: [GRIPItem]) async throws(GRIPEncodingError) -> [Outcome] { fatalError() }

  /// Publishes a batch to one endpoint, by its index.
  public func publish(_ items: [GRIPItem], toEndpoint index: Int) async throws(GRIPEncodingError) -> Outcome {
    fatalError()
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
}
