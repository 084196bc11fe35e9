/// A key that signs or verifies a JWT. The algorithm follows from the key, never from the token (RFC 8725 §3.1).
public struct GRIPKey: Sendable {
  /// A shared secret, HS256.
  public init(secret: [UInt8]) { fatalError() }

  /// A PEM document: a P-256 key (ES256) or an RSA key (RS256), private (signs and verifies) or public (verifies).
  public init(pem: String) throws(GRIPDecodingError) { fatalError() }

  /// The key grammar of `sig_key` and `upstream_key`: `base64:…`, `file:…`, or the secret itself. Empty is `nil`.
  ///
  /// - Parameter readFile: gives a file's bytes; the path is as written after `file:`.
  public static func parse(
    _ text: String, readFile: (String) throws -> [UInt8]
  ) throws(GRIPDecodingError) -> GRIPKey? { fatalError() }
}
