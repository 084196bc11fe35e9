public import AsyncHTTPClient
public import GRIP
import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension PubControl {
  /// A configuration of `HTTPClient` for publishing: a refused connection is told at once rather than tried again
  /// inside the client until its time is over, and redirects, which lose a POST or take credentials elsewhere, are not
  /// followed. `HTTPClient.shared` works too.
  public static var httpClientConfiguration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.redirectConfiguration = .disallow
    configuration.timeout.connect = .seconds(5)
    return configuration
  }

  /// Timeouts, repetition and bounds of a publishing client.
  public struct Options: Sendable {
    /// The time that one attempt has, connecting included. Default 10 s.
    public var timeout: Duration = .seconds(10)
    /// How often a request is sent at most, the first time included. Default 3; 1 never repeats.
    public var attempts: Int = 3
    /// The wait before the second attempt; it doubles with every further one. Default 200 ms.
    public var backoff: Duration = .milliseconds(200)
    /// The longest wait between two attempts. Default 5 s.
    public var longestBackoff: Duration = .seconds(5)
    /// The longest `Retry-After` of an endpoint that is waited for; where it wants more, a publish fails at once. Default
    /// 30 s; 0 never waits for one.
    public var longestRetryAfter: Duration = .seconds(30)
    /// Bytes of one request's body; longer batches are cut, an item that is longer alone is sent alone. Default 900,000:
    /// Pushpin takes 1,000,000.
    public var batchBytes: Int = 900_000
    /// Items of one request. Default 1,000.
    public var batchItems: Int = 1_000
    /// Publishes to one endpoint that may be under way at once; one more fails as `overloaded`. Default 1,024.
    public var pendingPublishes: Int = 1_024
    /// Bytes of a refusing answer's body that an outcome keeps. Default 1,024.
    public var errorBodyBytes: Int = 1_024
    /// How long a signed token is valid. Default 3,600 s; it is used for 80 % of that.
    public var tokenLifetime: Duration = .seconds(3_600)
    /// Bounds of channel names and ids.
    public var limits = GRIPLimits()
    /// Seconds since 1970, for tokens and for a `Retry-After` that is a date.
    public var now: @Sendable () -> Int64 = { Int64(time(nil)) }
    /// What timeouts and waits run on.
    public var clock: any Clock<Duration> = ContinuousClock()
    /// A factor from 0.5 to 1 for each wait, so that many clients do not come back at the same moment.
    public var jitter: @Sendable () -> Double = { Double.random(in: 0.5...1) }

    /// The defaults; change what you need.
    public init() {}
  }
}
