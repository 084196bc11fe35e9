import Crypto
import CryptoExtras

extension GRIPKey {
  /// The signature in the form that a JWT carries: HMAC-SHA256, `r ‖ s` of ECDSA, RSASSA-PKCS1-v1_5 (RFC 7518 §3).
  func signature(of bytes: [UInt8]) throws(GRIPEncodingError) -> [UInt8] {
    guard canSign else { throw GRIPEncodingError("the key cannot sign: it is a public key or an empty secret") }
    do {
      switch material {
      case .secret(let key): return Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
      case .p256Private(let key): return Array(try key.signature(for: bytes).rawRepresentation)
      case .rsaPrivate(let key):
        return Array(try key.signature(for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5).rawRepresentation)
      case .p256Public, .rsaPublic: throw GRIPEncodingError("a public key cannot sign")
      }
    } catch let error as GRIPEncodingError {
      throw error
    } catch {
      throw GRIPEncodingError("the key failed to sign")
    }
  }

  /// Whether the signature is this key's. The time taken does not depend on how much of it is right.
  func isValid(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
    switch material {
    case .secret(let key):
      key.bitCount > 0 && HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: bytes, using: key)
    case .p256Private(let key): Self.isValid(signature, of: bytes, key: key.publicKey)
    case .p256Public(let key): Self.isValid(signature, of: bytes, key: key)
    case .rsaPrivate(let key): Self.isValid(signature, of: bytes, key: key.publicKey)
    case .rsaPublic(let key): Self.isValid(signature, of: bytes, key: key)
    }
  }

  private static func isValid(_ signature: [UInt8], of bytes: [UInt8], key: P256.Signing.PublicKey) -> Bool {
    guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
    return key.isValidSignature(signature, for: bytes)
  }

  private static func isValid(_ signature: [UInt8], of bytes: [UInt8], key: _RSA.Signing.PublicKey) -> Bool {
    key.isValidSignature(
      _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: bytes),
      padding: .insecurePKCS1v1_5)
  }
}
