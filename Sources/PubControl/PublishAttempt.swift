import AsyncHTTPClient
import NIOCore
import NIOPosix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How one attempt to publish ended.
enum PublishAttempt: Sendable {
  /// The endpoint answered 2xx.
  case taken
  /// It failed; `stage` says what is known of the request. `retryAfter` is how long the endpoint wants to be left alone,
  /// where it said so.
  case failed(PublishFailure, stage: Stage, retryAfter: Duration? = nil)

  /// How far a request that failed has come.
  enum Stage: Sendable {
    /// No byte of it was sent: it may always be sent again.
    case unsent
    /// It may have been taken: only what has ids may be sent again.
    case unknown
    /// Sending it again would give the same answer.
    case final
  }

  /// The attempt that ended with an error of the HTTP client.
  init(error: any Error) {
    if case .deadlineExceeded? = error as? HTTPClientError {
      self = .failed(.timeout, stage: .unknown)
    } else {
      self = .failed(.transport(Self.text(error)), stage: Self.stage(error))
    }
  }

  /// The attempt that ended with an answer.
  ///
  /// - Parameters:
  ///   - body: the start of the answer's body.
  ///   - retryAfter: what it says of the time until the next attempt.
  init(status: Int, body: String, retryAfter: Duration? = nil) {
    switch status {
    case 200..<300: self = .taken
    case 401, 403: self = .failed(.unauthorized(status: status), stage: .final)
    case 408, 425, 429, 500...:
      self = .failed(.rejected(status: status, body: body), stage: .unknown, retryAfter: retryAfter)
    default: self = .failed(.rejected(status: status, body: body), stage: .final)
    }
  }

  private static func stage(_ error: any Error) -> Stage {
    if error is NIOConnectionError { return .unsent }
    if let error = error as? IOError { return isConnectFailure(error.errnoCode) ? .unsent : .unknown }
    guard let error = error as? HTTPClientError else { return .unknown }
    switch error {
    case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .socksHandshakeTimeout,
      .httpProxyHandshakeTimeout:
      return .unsent
    case .invalidURL, .emptyHost, .emptyScheme, .alreadyShutdown, .redirectLimitReached, .redirectCycleDetected:
      return .final
    default:
      return .unknown
    }
  }

  /// Errors that only `connect` gives.
  private static func isConnectFailure(_ code: CInt) -> Bool {
    code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH || code == EADDRNOTAVAIL
  }

  private static func text(_ error: any Error) -> String {
    if let error = error as? HTTPClientError { return error.shortDescription }
    return String(describing: error)
  }
}

/// When a failed publish is sent again.
struct PublishRepetition: Sendable {
  /// How often at most, how long between.
  let options: PubControl.Options

  /// The wait before the next attempt, or `nil` where there is none.
  ///
  /// - Parameters:
  ///   - attempts: how many there were, the failed one included; at least 1.
  ///   - retryAfter: what the endpoint asked for: it is waited for so long, and then as long as usual, so that many clients
  ///     do not come back at the same moment. Beyond `Options.longestRetryAfter` there is no further attempt.
  func wait(
    after attempts: Int, stage: PublishAttempt.Stage, isRepeatable: Bool, retryAfter: Duration? = nil
  ) -> Duration? {
    guard attempts < options.attempts else { return nil }
    switch stage {
    case .final: return nil
    case .unknown where !isRepeatable: return nil
    case .unknown, .unsent: break
    }
    if let retryAfter, retryAfter > options.longestRetryAfter { return nil }
    var wait = options.backoff
    for _ in 1..<max(attempts, 1) where wait < options.longestBackoff { wait *= 2 }
    return max(retryAfter ?? .zero, .zero) + min(wait, options.longestBackoff) * min(max(options.jitter(), 0), 1)
  }
}
