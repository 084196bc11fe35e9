/// A proxy that an origin publishes to and whose signature it trusts.
///
/// **Shape**: `GRIP_URL` (`http://host:5561?iss=…&key=…&verify-iss=…&verify-key=…`), or an element of the article's
/// `gripProxies` (`{"key": …, "controlUri": …, "controlIss": …}`).
public struct GRIPEndpoint: Sendable {
  /// What a publish request proves itself with.
  public enum Authentication: Sendable {
    case none
    case jwt(issuer: String, key: GRIPKey)
    case basic(user: String, password: String)
    case bearer(token: String)
  }

  /// The base URI of the control API, without the trailing `/publish/`.
  public var controlURI: String
  /// Credentials of the publisher.
  public var authentication: Authentication
  /// What `Grip-Sig` is verified with; `nil` trusts no request.
  public var verifyKey: GRIPKey?
  /// The issuer that `Grip-Sig` must name; `nil` does not look.
  public var verifyIssuer: String?

  /// An endpoint.
  public init(
    controlURI: String, authentication: Authentication = .none, verifyKey: GRIPKey? = nil, verifyIssuer: String? = nil
  ) {
    self.controlURI = controlURI
    self.authentication = authentication
    self.verifyKey = verifyKey
    self.verifyIssuer = verifyIssuer
  }

  /// Reads `GRIP_URL`: one URI, or several separated by commas or blanks.
  public static func parse(gripURL: String) throws(GRIPDecodingError) -> [GRIPEndpoint] { fatalError() }

  /// Reads the article's `gripProxies` as JSON. `key` may be `base64:…`; a `controlUri` that is a bare realm name
  /// stands for `https://api.fanout.io/realm/NAME`.
  public static func parse(gripProxiesJSON: String) throws(GRIPDecodingError) -> [GRIPEndpoint] { fatalError() }
}
