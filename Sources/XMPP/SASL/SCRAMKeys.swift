import Crypto
import CryptoExtras

/// The hash of a SCRAM mechanism.
public enum SCRAMHash: String, Sendable, CaseIterable {
  case sha1 = "SHA-1"
  case sha256 = "SHA-256"

  /// Bytes of a hash.
  var byteCount: Int { self == .sha1 ? 20 : 32 }

  func hash(_ bytes: [UInt8]) -> [UInt8] {
    switch self {
    case .sha1: Array(Insecure.SHA1.hash(data: bytes))
    case .sha256: Array(SHA256.hash(data: bytes))
    }
  }

  func authenticationCode(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    let key = SymmetricKey(data: key)
    return switch self {
    case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: bytes, using: key))
    case .sha256: Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
    }
  }
}

/// What proves a password for one salt, without being it: what a client may keep between two connections, so that it does
/// not do the rounds of PBKDF2 again.
///
/// Whoever has the client key can log in: it is kept as a password is.
/// **Spec**: RFC 5802 §3.
public struct SCRAMKeys: Sendable, Hashable {
  /// The hash that they are for.
  public let hash: SCRAMHash
  /// The server's salt.
  public let salt: [UInt8]
  /// Rounds of PBKDF2.
  public let iterations: Int
  let clientKey: [UInt8]
  let serverKey: [UInt8]

  /// Does the rounds: about a millisecond for each 10,000 of SHA-256. `nil` where the password cannot be prepared, the salt
  /// is empty or there is no round.
  public init?(password: String, hash: SCRAMHash, salt: [UInt8], iterations: Int) {
    guard let prepared = AddressPreparation.opaque(password), !prepared.isEmpty, !salt.isEmpty, iterations > 0 else {
      return nil
    }
    let function: KDF.Insecure.PBKDF2.HashFunction = hash == .sha1 ? .insecureSHA1 : .sha256
    guard
      let salted = try? KDF.Insecure.PBKDF2.deriveKey(
        from: Array(prepared.utf8), salt: salt, using: function, outputByteCount: hash.byteCount,
        unsafeUncheckedRounds: iterations)
    else { return nil }
    let key = salted.withUnsafeBytes { Array($0) }
    self.hash = hash
    self.salt = salt
    self.iterations = iterations
    clientKey = hash.authenticationCode(Array("Client Key".utf8), key: key)
    serverKey = hash.authenticationCode(Array("Server Key".utf8), key: key)
  }

  /// What a server keeps of them.
  public var stored: SCRAMStoredKeys {
    SCRAMStoredKeys(
      hash: hash, salt: salt, iterations: iterations, storedKey: hash.hash(clientKey), serverKey: serverKey)
  }
}

/// What a server keeps of a password: nobody can log in with it.
///
/// **Spec**: RFC 5802 §3.
public struct SCRAMStoredKeys: Sendable, Hashable {
  /// The hash that they are for.
  public var hash: SCRAMHash
  /// Random bytes.
  public var salt: [UInt8]
  /// Rounds of PBKDF2.
  public var iterations: Int
  /// `H(HMAC(SaltedPassword, "Client Key"))`.
  public var storedKey: [UInt8]
  /// `HMAC(SaltedPassword, "Server Key")`.
  public var serverKey: [UInt8]

  /// Keys as they are stored.
  public init(hash: SCRAMHash, salt: [UInt8], iterations: Int, storedKey: [UInt8], serverKey: [UInt8]) {
    self.hash = hash
    self.salt = salt
    self.iterations = iterations
    self.storedKey = storedKey
    self.serverKey = serverKey
  }

  /// Keys that no password opens, for a name that has no account: the same each time it is asked for, so that names are not
  /// told apart by their salt.
  ///
  /// `secret` is the server's own, of at least 16 random bytes.
  public static func decoy(for name: String, hash: SCRAMHash, iterations: Int, secret: [UInt8]) -> SCRAMStoredKeys {
    func bytes(_ purpose: String) -> [UInt8] {
      SCRAMHash.sha256.authenticationCode(Array("\(purpose) \(name)".utf8), key: secret)
    }
    return SCRAMStoredKeys(
      hash: hash, salt: Array(bytes("salt").prefix(16)), iterations: iterations,
      storedKey: Array(bytes("stored").prefix(hash.byteCount)),
      serverKey: Array(bytes("server").prefix(hash.byteCount)))
  }
}
