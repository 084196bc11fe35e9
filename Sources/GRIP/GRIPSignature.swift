/// The token in `Grip-Sig` and in `Authorization: Bearer` of a publish request.
///
/// **Shape**: compact JWT (RFC 7519), JOSE header `{"typ":"JWT","alg":…}`, claims `{"exp":…,"iss":…}`, both in this
/// order and without blanks, byte for byte as Pushpin writes them.
public enum GRIPSignature {
  /// A compact JWT with the claims `exp` (seconds since 1970) and `iss`, in this order.
  ///
  /// **Errors**: a key that can only verify, an empty secret.
  public static func sign(issuer: String, expires: Int64, key: GRIPKey) throws(GRIPEncodingError) -> String {
    var claims = JSONWriter()
    claims.beginObject()
    claims.name("exp")
    claims.raw(String(expires).utf8)
    claims.name("iss")
    claims.string(issuer)
    claims.endObject()
    var token: [UInt8] = []
    Base64.encode(Array("{\"typ\":\"JWT\",\"alg\":\"\(key.algorithm)\"}".utf8), form: .token, into: &token)
    token.append(UInt8(ascii: "."))
    Base64.encode(claims.bytes, form: .token, into: &token)
    let signature = try key.signature(of: token)
    token.append(UInt8(ascii: "."))
    Base64.encode(signature, form: .token, into: &token)
    return String(decoding: token, as: UTF8.self)
  }

  /// Verifies a token: signature by `key`'s algorithm, integer `exp` in the future, `iss` where one is expected.
  ///
  /// A token whose header names another algorithm than the key's, or a critical extension (`crit`), does not count,
  /// nor does one with a name twice in its header or claims. `nbf` is looked at where it is there. Comparison takes
  /// constant time. Nothing of the claims is believed before the signature is.
  ///
  /// - Parameters:
  ///   - now: seconds since 1970.
  ///   - leeway: seconds by which clocks may differ, 0 or more. Default 0.
  ///   - limits: `tokenBytes` bounds the work.
  public static func verify(
    _ token: String, key: GRIPKey, issuer: String? = nil, now: Int64, leeway: Int64 = 0,
    limits: GRIPLimits = GRIPLimits()
  ) throws(GRIPSignatureError) -> GRIPClaims {
    guard token.utf8.count <= limits.tokenBytes else { throw .malformed }
    let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw .malformed }
    let header = try object(parts[0])
    guard case .string(let algorithm)? = header["alg"], header["crit"] == nil else { throw .malformed }
    guard algorithm == key.algorithm else { throw .wrongAlgorithm }
    guard let signature = Base64.decode(parts[2], form: .token) else { throw .malformed }
    let signed = Array(token.utf8.prefix(parts[0].count + 1 + parts[1].count))
    guard key.isValid(signature, of: signed) else { throw .badSignature }
    return try claims(object(parts[1]), issuer: issuer, now: now, leeway: max(0, leeway))
  }

  /// The year 10000: what lies beyond is no date.
  private static let endOfTime: Int64 = 253_402_300_800

  private static func claims(
    _ claims: JSONObject, issuer: String?, now: Int64, leeway: Int64
  ) throws(GRIPSignatureError) -> GRIPClaims {
    guard case .number(let number)? = claims["exp"], let expires = number.exactInteger,
      (0..<endOfTime).contains(expires)
    else { throw .noExpiry }
    let now = min(max(now, 0), endOfTime)
    guard expires > now - min(leeway, endOfTime) else { throw .expired }
    if let notBefore = claims["nbf"] {
      guard case .number(let number) = notBefore, let start = number.roundedInteger else { throw .malformed }
      guard Int64(start) <= now + min(leeway, endOfTime) else { throw .notYetValid }
    }
    var name: String?
    if let value = claims["iss"] {
      guard case .string(let text) = value else { throw .malformed }
      name = text
    }
    if let issuer, name != issuer { throw .wrongIssuer }
    return GRIPClaims(issuer: name, expires: expires)
  }

  private static func object(_ part: Substring.UTF8View) throws(GRIPSignatureError) -> JSONObject {
    var options = JSONReader.Options()
    options.depth = 8
    options.refusesDuplicateNames = true
    guard let bytes = Base64.decode(part, form: .token),
      case .object(let object)? = try? JSONReader.read(bytes, options: options)
    else { throw .malformed }
    return object
  }
}

/// The claims of a verified token.
public struct GRIPClaims: Sendable, Hashable {
  /// The issuer, where the token names one.
  public var issuer: String?
  /// Seconds since 1970.
  public var expires: Int64

  /// Claims.
  public init(issuer: String? = nil, expires: Int64) {
    self.issuer = issuer
    self.expires = expires
  }
}

/// Why a token does not count.
public enum GRIPSignatureError: Error, Sendable, Hashable {
  /// It is no compact JWT with a header and claims that we can read.
  case malformed
  /// Its `alg` is not that of the key.
  case wrongAlgorithm
  /// The signature is not this key's.
  case badSignature
  /// `exp` is missing, or not an integer before the year 10000.
  case noExpiry
  /// `exp` is past.
  case expired
  /// `nbf` is to come.
  case notYetValid
  /// `iss` is missing or not the expected one.
  case wrongIssuer
}
