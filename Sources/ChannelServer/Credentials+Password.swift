import Channels
import Crypto
import CryptoExtras
import XMPP

extension Account.Credentials {
  /// What is kept of a password.
  ///
  /// **Spec**: RFC 5802 §3 with SHA-256 (RFC 7677); the password prepared as RFC 8265 §4.2 says.
  /// - Returns: `nil` where the password is empty, longer than 1023 bytes or contains control characters.
  static func derived(from password: String, salt: [UInt8], iterations: Int) -> Account.Credentials? {
    guard let prepared = prepared(password),
      let salted = try? KDF.Insecure.PBKDF2.deriveKey(
        from: Array(prepared.utf8), salt: salt, using: .sha256, outputByteCount: 32, unsafeUncheckedRounds: iterations)
    else { return nil }
    let clientKey = HMAC<SHA256>.authenticationCode(for: Array("Client Key".utf8), using: salted)
    let serverKey = HMAC<SHA256>.authenticationCode(for: Array("Server Key".utf8), using: salted)
    return Account.Credentials(
      salt: salt, iterations: iterations, storedKey: Array(SHA256.hash(data: Array(clientKey))),
      serverKey: Array(serverKey))
  }

  /// The password in the form in which it is hashed; `nil` where it is none.
  static func prepared(_ password: String) -> String? {
    guard (1...1023).contains(password.utf8.count), let prepared = AddressPreparation.opaque(password),
      (1...1023).contains(prepared.utf8.count)
    else { return nil }
    return prepared
  }

  /// Whether the keys are equal, in a time that does not depend on where they differ.
  func hasSameStoredKey(as other: Account.Credentials) -> Bool {
    guard storedKey.count == other.storedKey.count else { return false }
    return zip(storedKey, other.storedKey).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
