/// The token in `Grip-Sig` and in `Authorization: Bearer` of a publish request.
public enum GRIPSignature {
  /// A compact JWT with the claims `exp` (seconds since 1970) and `iss`, in this order.
  public static func sign(issuer: String, expires: Int64, key: GRIPKey) throws(GRIPEncodingError) -> String {
    fatalError()
  }

  /// Verifies a token: signature by `key`'s algorithm, integer `exp` in the future, `iss` where one is expected.
  ///
  /// - Parameter now: seconds since 1970.
  public static func verify(
    _ token: String, key: GRIPKey, issuer: String? = nil, now: Int64
  ) throws(GRIPSignatureError) -> GRIPClaims { fatalError() }
}

/// The claims of a verified token.
public struct GRIPClaims: Sendable, Hashable {
  /// The issuer, where the token names one.
  public var issuer: String?
  /// Seconds since 1970.
  public var expires: Int64
}

/// Why a token does not count.
public enum GRIPSignatureError: Error, Sendable, Hashable {
  case malformed
  case wrongAlgorithm
  case badSignature
  case noExpiry
  case expired
  case wrongIssuer
}
