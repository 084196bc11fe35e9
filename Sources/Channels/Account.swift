package import XMPP

/// A user's account, as it is stored: no password, only what proves one.
package struct Account: Sendable, Hashable {
  /// A bare JID of the server's domain.
  package var user: JID
  /// Where to write to; may be empty.
  package var email: String
  package var credentials: Credentials
  package var created: Timestamp

  package init(user: JID, email: String, credentials: Credentials, created: Timestamp) {
    self.user = user.bare
    self.email = email
    self.credentials = credentials
    self.created = created
  }

  /// What SCRAM-SHA-256 keeps of a password.
  ///
  /// **Spec**: RFC 5802 §3, RFC 7677.
  package struct Credentials: Sendable, Hashable {
    /// 16 random bytes.
    package var salt: [UInt8]
    /// Rounds of PBKDF2, at least 10,000.
    package var iterations: Int
    /// `H(HMAC(SaltedPassword, "Client Key"))`, 32 bytes.
    package var storedKey: [UInt8]
    /// `HMAC(SaltedPassword, "Server Key")`, 32 bytes.
    package var serverKey: [UInt8]

    package init(salt: [UInt8], iterations: Int, storedKey: [UInt8], serverKey: [UInt8]) {
      self.salt = salt
      self.iterations = iterations
      self.storedKey = storedKey
      self.serverKey = serverKey
    }
  }
}
