import Channels
import Crypto
import Synchronization
import XMPP

/// Which passwords were proven a moment ago, so that a request with Basic authentication costs no PBKDF2.
///
/// Keys are hashes under a random key of this process: the cache contains no password and nothing that could be tried
/// against one elsewhere. An entry is good only as long as the account's stored key is the one that it was proven
/// against, so a changed password ends it at once, also when another process changed it.
///
/// **Isolation**: thread-safe.
final class CredentialCache: Sendable {
  private struct Proof {
    var storedKey: [UInt8]
    var expires: Duration
  }

  private let key: SymmetricKey
  private let maxEntries: Int
  private let lifetime: Duration
  private let proofs = Mutex<[[UInt8]: Proof]>([:])

  init(key: [UInt8], maxEntries: Int, lifetime: Duration) {
    self.key = SymmetricKey(data: key)
    self.maxEntries = maxEntries
    self.lifetime = lifetime
  }

  /// Whether this password was proven for these credentials.
  func contains(user: JID, password: String, for credentials: Account.Credentials, at uptime: Duration) -> Bool {
    let hash = hash(user, password)
    return proofs.withLock { proofs in
      guard let proof = proofs[hash] else { return false }
      guard proof.expires > uptime, proof.storedKey == credentials.storedKey else {
        proofs[hash] = nil
        return false
      }
      return true
    }
  }

  /// Remembers a proof. When the cache is full, what has expired goes, and everything if that frees nothing: to prove a
  /// password again costs little compared with keeping an order of use.
  func insert(user: JID, password: String, for credentials: Account.Credentials, at uptime: Duration) {
    guard maxEntries > 0 else { return }
    let hash = hash(user, password)
    proofs.withLock { proofs in
      if proofs.count >= maxEntries {
        proofs = proofs.filter { $0.value.expires > uptime }
        if proofs.count >= maxEntries { proofs.removeAll() }
      }
      proofs[hash] = Proof(storedKey: credentials.storedKey, expires: uptime + lifetime)
    }
  }

  /// How many are kept.
  var count: Int { proofs.withLock(\.count) }

  private func hash(_ user: JID, _ password: String) -> [UInt8] {
    // An address contains no NUL, so the two parts can't be shifted against each other.
    Array(HMAC<SHA256>.authenticationCode(for: Array("\(user.bare)\0\(password)".utf8), using: key))
  }
}
