import Channels
import Crypto
import Foundation
import XMPP

/// The sessions of logged-in users, by credentials.
///
/// A login is kept until it has been quiet for `sessionExpirationTime`, and at most `sessionMaxAge`; requests that bring the same
/// credentials while a login is being checked wait for the one check. Passwords are kept only as an HMAC under a key of this process.
actor LoginCache {
  private struct Login {
    var session: any ChannelSession
    var user: JID
    var created: Duration
    var used: Duration
  }

  private let configuration: APIConfiguration
  private let service: any ChannelService
  private let now: @Sendable () -> Duration
  private let pairFailures: RateLimiter
  private let peerFailures: RateLimiter
  private let key = SymmetricKey(size: .bits256)
  private var logins: [[UInt8]: Login] = [:]
  private var checks: [[UInt8]: Task<any ChannelSession, any Error>] = [:]

  /// An empty cache.
  init(configuration: APIConfiguration, service: any ChannelService, now: @escaping @Sendable () -> Duration) {
    self.configuration = configuration
    self.service = service
    self.now = now
    let rate = configuration.rates.loginFailuresPerMinute
    pairFailures = RateLimiter(count: rate, per: .seconds(60), now: now)
    peerFailures = RateLimiter(count: rate * 5, per: .seconds(60), now: now)
  }

  /// The session of these credentials.
  ///
  /// Failures are counted per account *and* address, so nobody is locked out by somebody else's guesses.
  ///
  /// **Errors**: 401 for wrong ones; 429 after too many wrong ones.
  func session(for credentials: BasicCredentials, peer: String) async throws -> any ChannelSession {
    let id = digest(of: credentials)
    let time = now()
    if let login = logins[id] {
      if time - login.used < configuration.sessionExpirationTime, time - login.created < configuration.sessionMaxAge {
        logins[id]?.used = time
        return login.session
      }
      logins[id] = nil
    }
    do {
      return try await joined(credentials, id: id, peer: peer)
    } catch let error as ChannelError where error.code == .notAuthorized {
      throw APIError.unauthorized(realm: configuration.domain, "unknown user or wrong password")
    }
  }

  /// The session of a check that runs, or of a new one, which counts as a failure until it has succeeded: so that guesses
  /// which come all at once are no more than those that come one by one.
  private func joined(_ credentials: BasicCredentials, id: [UInt8], peer: String) async throws -> any ChannelSession {
    if let running = checks[id] { return try await running.value }
    let pair = "\(credentials.user) \(peer)"
    let excess = "too many wrong passwords; try again later"
    if let delay = pairFailures.take(pair) { throw APIError.tooManyRequests(excess, retryAfter: delay) }
    if let delay = peerFailures.take(peer) {
      pairFailures.giveBack(pair)
      throw APIError.tooManyRequests(excess, retryAfter: delay)
    }
    do {
      let session = try await check(credentials, id: id)
      keep(session, user: credentials.user, id: id)
      pairFailures.giveBack(pair)
      peerFailures.giveBack(peer)
      return session
    } catch let error as ChannelError where error.code == .notAuthorized {
      throw error
    } catch {
      pairFailures.giveBack(pair)
      peerFailures.giveBack(peer)
      throw error
    }
  }

  /// Forgets all logins of a user, whose password changed or who is gone.
  func forget(_ user: JID) {
    logins = logins.filter { $0.value.user != user.bare }
  }

  private func check(_ credentials: BasicCredentials, id: [UInt8]) async throws -> any ChannelSession {
    let service = service
    // Nobody cancels it: a check is short, and others may wait for its result.
    let task = Task<any ChannelSession, any Error> {
      try await service.session(user: credentials.user, password: credentials.password)
    }
    checks[id] = task
    defer { checks[id] = nil }
    return try await task.value
  }

  private func keep(_ session: any ChannelSession, user: JID, id: [UInt8]) {
    if logins.count >= configuration.limits.maxSessions {
      let oldest = logins.min { $0.value.used < $1.value.used }
      logins[oldest?.key ?? id] = nil
    }
    logins[id] = Login(session: session, user: user, created: now(), used: now())
  }

  private func digest(of credentials: BasicCredentials) -> [UInt8] {
    let text = "\(credentials.user)\u{0}\(credentials.password)"
    return Array(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key))
  }
}
