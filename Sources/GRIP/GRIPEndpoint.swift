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
  ///
  /// **Shape**: `http(s)://[user:password@]host[:port][/path][?…]`. Of the query `iss`, `key`, `verify-iss` and
  /// `verify-key` are ours; the rest stays in the control URI. `iss` with `key` signs JWTs, `key` alone is a bearer
  /// token, `user:password@` is Basic. `verify-key` is `key` where it is not given.
  ///
  /// - Parameter readFile: for keys of the form `file:PATH`; without it they are refused.
  public static func parse(
    gripURL: String, readFile: (String) throws -> [UInt8] = noFiles
  ) throws(GRIPDecodingError) -> [GRIPEndpoint] {
    var endpoints: [GRIPEndpoint] = []
    for text in GRIPURL.split(gripURL) {
      endpoints.append(try GRIPURL(text).endpoint(readFile: readFile))
    }
    guard !endpoints.isEmpty else { throw GRIPDecodingError("GRIP_URL is empty") }
    return endpoints
  }

  /// Reads the article's `gripProxies` as JSON. `key` may be `base64:…`; a `controlUri` that is a bare realm name
  /// stands for `https://api.fanout.io/realm/NAME`.
  ///
  /// **Shape**: an array of objects (or one object) with `key`, `controlUri`, and if wanted `controlIss` (publishes
  /// are then signed with `key`), `verifyKey` (`key` where it is not given) and `verifyIss`.
  ///
  /// - Parameter readFile: for keys of the form `file:PATH`; without it they are refused.
  public static func parse(
    gripProxiesJSON: String, readFile: (String) throws -> [UInt8] = noFiles
  ) throws(GRIPDecodingError) -> [GRIPEndpoint] {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.read(gripProxiesJSON.utf8)
    } catch {
      throw GRIPDecodingError("gripProxies is not JSON: \(error.reason) (at byte \(error.offset))")
    }
    let elements: [JSONValue]
    switch value {
    case .array(let array): elements = array
    case .object: elements = [value]
    default: throw GRIPDecodingError("gripProxies must be an array of objects")
    }
    var endpoints: [GRIPEndpoint] = []
    for (index, element) in elements.enumerated() {
      endpoints.append(
        try within("gripProxies[\(index)]") { () throws(GRIPDecodingError) in
          try GRIPEndpoint(JSONMembers(element, "element"), readFile: readFile)
        })
    }
    return endpoints
  }

  /// Refuses to read a file: this library has none.
  public static func noFiles(_ path: String) throws -> [UInt8] {
    throw GRIPDecodingError("keys from files are not accepted here")
  }

  private init(_ members: JSONMembers, readFile: (String) throws -> [UInt8]) throws(GRIPDecodingError) {
    let control = try members.requiredString("controlUri")
    if GRIPURL.isRealm(control) {
      controlURI = "https://api.fanout.io/realm/\(control)"
      authentication = .none
    } else {
      let endpoint = try GRIPURL(control).endpoint(readFile: readFile)
      controlURI = endpoint.controlURI
      authentication = endpoint.authentication
    }
    let key = try GRIPKey.parse(try members.string("key") ?? "", readFile: readFile)
    if let issuer = try members.string("controlIss"), !issuer.isEmpty {
      guard let key else { throw GRIPDecodingError("controlIss is given without a key") }
      guard key.canSign else { throw GRIPDecodingError("controlIss is given, but the key cannot sign") }
      authentication = .jwt(issuer: issuer, key: key)
    }
    let verify = try GRIPKey.parse(try members.string("verifyKey") ?? "", readFile: readFile)
    verifyKey = verify ?? key
    verifyIssuer = try members.string("verifyIss").flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension GRIPEndpoint: CustomStringConvertible, CustomReflectable {
  /// The control URI and the kind of authentication, never a key.
  public var description: String { "GRIPEndpoint(\(controlURI), \(authentication))" }
  /// What `description` says.
  public var customMirror: Mirror { Mirror(self, children: ["controlURI": controlURI]) }
}

extension GRIPEndpoint.Authentication: CustomStringConvertible, CustomReflectable {
  /// The kind, and the issuer or user; never a key, password or token.
  public var description: String {
    switch self {
    case .none: "none"
    case .jwt(let issuer, let key): "jwt(\(issuer), \(key))"
    case .basic(let user, _): "basic(\(user))"
    case .bearer: "bearer"
    }
  }
  /// Nothing: see `description`.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
