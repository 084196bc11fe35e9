package import Channels
import Synchronization
package import XMPP

/// The channel server over a store: accounts, sessions, events. What a user may do is in `LocalSession`.
///
/// **Isolation**: thread-safe; all state is in the store, but for the cache of proven passwords.
package final class ChannelServer: ChannelService {
  package let configuration: ChannelServerConfiguration
  let store: any ChannelStore
  let surroundings: Surroundings
  let signal = CommitSignal()
  let cache: CredentialCache
  let hashing: WorkPool
  /// The key under which unknown users get a salt, so that they take as long as others and always the same one.
  let decoyKey: [UInt8]
  let rankings = Mutex<[NodeRanking: (expires: Duration, nodes: [RankedNode])]>([:])
  private let newestStamp = Mutex(Timestamp(milliseconds: .min))

  /// A server.
  /// - Throws: `internalServerError` with everything that is wrong with the configuration.
  package init(
    store: any ChannelStore, configuration: ChannelServerConfiguration, surroundings: Surroundings = .system
  ) throws(ChannelError) {
    let problems = configuration.validate()
    guard problems.isEmpty else {
      throw ChannelError(.internalServerError, problems.joined(separator: "; "))
    }
    self.store = store
    self.configuration = configuration
    self.surroundings = surroundings
    let passwords = configuration.passwords
    cache = CredentialCache(
      key: surroundings.randomBytes(32), maxEntries: passwords.cacheSize, lifetime: passwords.cacheLifetime)
    hashing = WorkPool(
      "channel-server.passwords", maxRunning: passwords.maxConcurrent, maxWaiting: passwords.maxWaiting)
    decoyKey = surroundings.randomBytes(32)
  }

  package var domain: String { configuration.domain }
  package var topicsDomain: String { configuration.topicsDomain }
  package var failure: ChannelError? { store.failure }

  package func anonymousSession() -> any ChannelSession {
    LocalSession(server: self, user: nil)
  }

  /// A session without a password, for who has been recognised otherwise (the command line, an XMPP server).
  /// - Parameter listener: Where events for a user of another domain go: the address of their channel server.
  package func trustedSession(user: JID, listener: JID? = nil) -> any ChannelSession {
    LocalSession(server: self, user: user.bare, listener: listener)
  }

  /// Writes, and tells listeners of the events that came of it.
  func commit<Value: Sendable>(
    _ body: @escaping @Sendable (any ChannelWriter, Announcer) throws -> Value
  ) async throws(ChannelError) -> Value {
    let server = self
    let (value, sequence) = try await store.write { store -> (Value, Int64?) in
      let events = Announcer(server: server, store: store)
      let value = try body(store, events)
      return (value, events.newest)
    }
    if let sequence {
      configuration.afterCommitBeforeRelay?(sequence)
      signal.send(sequence)
    }
    return value
  }

  /// The time to stamp something with. It goes back only with a clock that was set back by more than a minute: small
  /// corrections don't put a post before the one that it followed.
  func stamp() -> Timestamp {
    let now = surroundings.now()
    return newestStamp.withLock { newest in
      let isSmallStepBack = now < newest && newest.milliseconds - now.milliseconds <= 60_000
      newest = isSmallStepBack ? newest : now
      return newest
    }
  }

  /// A new local id.
  func makeID() -> String {
    EntryID.make(from: surroundings.randomBytes(16))
  }
}
