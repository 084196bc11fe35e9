import Crypto
import CryptoExtras

/// A key that signs or verifies a JWT. The algorithm follows from the key, never from the token (RFC 8725 §3.1).
public struct GRIPKey: Sendable {
  /// What the key is made of.
  enum Material: Sendable {
    case secret(SymmetricKey)
    case p256Private(P256.Signing.PrivateKey)
    case p256Public(P256.Signing.PublicKey)
    case rsaPrivate(_RSA.Signing.PrivateKey)
    case rsaPublic(_RSA.Signing.PublicKey)
  }

  /// What signs and verifies.
  let material: Material

  /// A shared secret, HS256. An empty one signs and verifies nothing.
  public init(secret: [UInt8]) {
    material = .secret(SymmetricKey(data: secret))
  }

  /// A PEM document: a P-256 key (ES256) or an RSA key (RS256), private (signs and verifies) or public (verifies).
  ///
  /// **Shape**: PKCS#8 or SEC1 for P-256, PKCS#8 or PKCS#1 for RSA, SPKI for public keys. RSA keys of 2,048 bits or more.
  public init(pem: String) throws(GRIPDecodingError) {
    let pem = Self.keyBlock(pem)
    if let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) {
      material = .p256Private(key)
    } else if let key = try? P256.Signing.PublicKey(pemRepresentation: pem) {
      material = .p256Public(key)
    } else if let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem) {
      material = .rsaPrivate(key)
    } else if let key = try? _RSA.Signing.PublicKey(pemRepresentation: pem) {
      material = .rsaPublic(key)
    } else {
      throw GRIPDecodingError("the PEM document holds no P-256 key and no RSA key of 2048 bits or more")
    }
  }

  /// The key grammar of `sig_key` and `upstream_key`: `base64:…`, `file:…`, or the secret itself. Empty is `nil`.
  ///
  /// A file holds PEM, or the hexadecimal digits of a secret. Text, and what `base64:` stands for, that begins with
  /// `-----BEGIN` is PEM: taken as a shared secret, a public key would let everybody sign.
  ///
  /// - Parameter readFile: gives a file's bytes; the path is as written after `file:`.
  public static func parse(
    _ text: String, readFile: (String) throws -> [UInt8]
  ) throws(GRIPDecodingError) -> GRIPKey? {
    if text.isEmpty { return nil }
    if text.hasPrefix("base64:") {
      // COMPAT: a `+` that went through a form decoder is a blank (js-grip mends it too).
      let digits = text.utf8.dropFirst("base64:".utf8.count).map { $0 == 0x20 ? UInt8(ascii: "+") : $0 }
      guard let bytes = Base64.decode(digits) else { throw GRIPDecodingError("the key after base64: is not base64") }
      return try key(bytes, emptyMessage: "the key after base64: is empty")
    }
    if text.hasPrefix("file:") {
      let path = String(text.dropFirst("file:".count))
      guard let bytes = try? readFile(path) else { throw GRIPDecodingError("the key file '\(path)' cannot be read") }
      return try key(fileContent: bytes)
    }
    return try key(Array(text.utf8), emptyMessage: "the key is empty")
  }

  /// The algorithm of tokens that this key signs and accepts.
  public var algorithm: String {
    switch material {
    case .secret: "HS256"
    case .p256Private, .p256Public: "ES256"
    case .rsaPrivate, .rsaPublic: "RS256"
    }
  }

  /// Whether the key can sign; a public key can only verify.
  public var canSign: Bool {
    switch material {
    case .secret(let key): key.bitCount > 0
    case .p256Private, .rsaPrivate: true
    case .p256Public, .rsaPublic: false
    }
  }

  private static let pemStart = "-----BEGIN"

  /// The first block whose label ends in `KEY`: `openssl ecparam` writes one with parameters before it.
  private static func keyBlock(_ pem: String) -> String {
    var rest = pem[...]
    while let start = rest.firstRange(of: pemStart) {
      let block = rest[start.lowerBound...]
      if block.prefix(while: { !$0.isNewline }).hasSuffix("KEY-----") { return String(block) }
      rest = rest[start.upperBound...]
    }
    return pem
  }

  private static func key(_ bytes: [UInt8], emptyMessage: String) throws(GRIPDecodingError) -> GRIPKey {
    guard !bytes.isEmpty else { throw GRIPDecodingError(emptyMessage) }
    if bytes.starts(with: pemStart.utf8) { return try GRIPKey(pem: String(decoding: bytes, as: UTF8.self)) }
    return GRIPKey(secret: bytes)
  }

  private static func key(fileContent bytes: [UInt8]) throws(GRIPDecodingError) -> GRIPKey {
    let text = bytes.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    if text.starts(with: pemStart.utf8) { return try GRIPKey(pem: String(decoding: text, as: UTF8.self)) }
    let digits = text.reversed().drop { $0 == 0x20 || (0x09...0x0D).contains($0) }.reversed()
    let values = digits.compactMap(HexDigit.value)
    guard !values.isEmpty, values.count == digits.count, values.count % 2 == 0 else {
      throw GRIPDecodingError("a key file must hold PEM or an even number of hexadecimal digits")
    }
    return GRIPKey(secret: stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] })
  }
}

extension GRIPKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The algorithm, never the key.
  public var description: String { "GRIPKey(\(algorithm))" }
  /// The algorithm, never the key.
  public var debugDescription: String { description }
  /// Nothing: `dump` and string interpolation of an enclosing value must not show the key.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
