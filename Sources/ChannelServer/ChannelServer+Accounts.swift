package import Channels
import Crypto
package import XMPP

extension ChannelServer {
  /// Deviates: an account whose password was set under another number of rounds than today's takes its own time to check.
  package func session(user: JID, password: String) async throws(ChannelError) -> any ChannelSession {
    let user = user.bare
    let account = try await store.read { try $0.account(user) }
    if let account,
      cache.contains(user: user, password: password, for: account.credentials, at: surroundings.uptime())
    {
      return LocalSession(server: self, user: user)
    }
    let expected = account?.credentials ?? decoy(for: user)
    // Something that is no password is hashed all the same, so that the answer takes as long.
    let candidate = Account.Credentials.prepared(password) == nil ? "no password" : password
    let derived = try await hashing.run {
      Account.Credentials.derived(from: candidate, salt: expected.salt, iterations: expected.iterations)
    }
    guard let derived, derived.hasSameStoredKey(as: expected), account != nil, candidate == password else {
      throw ChannelError(.notAuthorized, "wrong user name or password")
    }
    cache.insert(user: user, password: password, for: expected, at: surroundings.uptime())
    return LocalSession(server: self, user: user)
  }

  private func decoy(for user: JID) -> Account.Credentials {
    let hash = HMAC<SHA256>.authenticationCode(
      for: Array(user.description.utf8), using: SymmetricKey(data: decoyKey))
    return Account.Credentials(
      salt: Array(Array(hash).prefix(16)), iterations: configuration.passwords.iterations,
      storedKey: Array(hash), serverKey: Array(hash))
  }

  package func register(user: JID, password: String, email: String) async throws(ChannelError) {
    guard configuration.isRegistrationOpen else {
      throw ChannelError(.notAllowed, "registration is closed on this server")
    }
    if let local = user.local, configuration.reservedUsernames.contains(local) {
      throw ChannelError(.conflict, "the name \(local) is reserved")
    }
    try await addAccount(user: user, password: password, email: email)
  }

  /// Makes an account with its channel, also where registration is closed and for a reserved name.
  package func addAccount(user: JID, password: String, email: String) async throws(ChannelError) {
    try checkName(of: user)
    guard email.utf8.count <= 254, email.isEmpty || email.split(separator: "@").count == 2 else {
      throw ChannelError(.badRequest, "an e-mail address is at most 254 bytes and has one @ inside")
    }
    let user = user.bare
    // Before the expensive part: a taken name costs no PBKDF2.
    if try await store.read({ try $0.account(user) }) != nil {
      throw ChannelError(.conflict, "there is an account \(user) already")
    }
    let account = Account(
      user: user, email: email, credentials: try await credentials(from: password), created: stamp())
    try await commit { store, events in
      try store.insert(account)
      // A channel may have outlived its account's row only through a foreign hand; it is not given away.
      guard try store.nodes(of: user).isEmpty else {
        throw ChannelError(.conflict, "there is a channel \(user) already")
      }
      try self.completeChannel(of: user, in: store, events)
    }
  }

  package func changePassword(of user: JID, to password: String) async throws(ChannelError) {
    let credentials = try await credentials(from: password)
    try await store.write { try $0.update(credentials, of: user) }
  }

  /// Accounts in alphabetical order.
  package func accounts(after user: JID? = nil, max: Int) async throws(ChannelError) -> [JID] {
    try await store.read { try $0.accounts(after: user, max: max) }
  }

  private func credentials(from password: String) async throws(ChannelError) -> Account.Credentials {
    let salt = surroundings.randomBytes(16)
    let iterations = configuration.passwords.iterations
    guard Account.Credentials.prepared(password) != nil else {
      throw ChannelError(.badRequest, "a password has 1 to 1023 bytes and no control characters")
    }
    let derived = try await hashing.run {
      Account.Credentials.derived(from: password, salt: salt, iterations: iterations)
    }
    guard let derived else { throw ChannelError(.internalServerError, "the password could not be hashed") }
    return derived
  }

  private func checkName(of user: JID) throws(ChannelError) {
    guard user.domain == domain else {
      throw ChannelError(.notAllowed, "accounts of this server are of the domain \(domain)")
    }
    guard let local = user.local, user.resource == nil else {
      throw ChannelError(.badRequest, "an account is NAME@\(domain)")
    }
    guard local.utf8.count <= configuration.maxNameBytes else {
      throw ChannelError(.badRequest, "a user name has at most \(configuration.maxNameBytes) bytes")
    }
  }
}
