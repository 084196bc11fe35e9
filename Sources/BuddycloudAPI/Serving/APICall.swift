import Channels
import GRIP
import HTTPTypes
import Hummingbird
import HummingbirdGRIP
import XMPP

/// One request on its way through the API, with what routes need to answer it.
struct APICall: Sendable {
  let services: APIServices
  let request: Request
  let target: RequestTarget
  /// The named segments of the route's path.
  let parameters: [String: String]
  /// What the proxy in front of us says, if a known one signed.
  let grip: GRIPRequestInfo
  /// Whether the client must prove who it is, and with what.
  let credentials: BasicCredentials?
  /// The client's address as well as we know it.
  let peer: String
  /// The CORS fields of the answer, for holds that carry an answer inside.
  let corsFields: HTTPFields

  /// Tells when the client hangs up; `nil` where the connection cannot be watched.
  let connection: ConnectionWatch?

  /// The settings.
  var configuration: APIConfiguration { services.configuration }

  /// Turns a failure of the channel server into an answer for this client.
  func failure(_ error: ChannelError) -> APIError {
    APIError(error, hasCredentials: credentials != nil, realm: configuration.domain)
  }

  /// Runs an operation of the channel server; its failure becomes this client's answer.
  func run<Value>(_ operation: () async throws -> Value) async throws -> Value {
    do {
      return try await operation()
    } catch let error as ChannelError {
      throw failure(error)
    }
  }

  /// The session of who asks: the user's, or the anonymous one.
  ///
  /// **Errors**: 401 for wrong credentials, 429 after too many of them.
  func session() async throws -> any ChannelSession {
    guard let credentials else { return services.channels.anonymousSession() }
    return try await services.logins.session(for: credentials, peer: peer)
  }

  /// The session of a user; 401 without credentials.
  func userSession() async throws -> any ChannelSession {
    guard credentials != nil else {
      throw APIError.unauthorized(
        realm: configuration.domain, "this needs an account; send Authorization: Basic with user and password")
    }
    return try await session()
  }

  /// The channel in the path.
  func channel() throws(APIError) -> JID {
    try Self.channel(parameters["channel"] ?? "")
  }

  /// The node in the path.
  func node() throws(APIError) -> NodeID {
    try Self.node(channel: channel(), name: parameters["node"] ?? "")
  }

  /// Reads a channel's name.
  static func channel(_ text: String) throws(APIError) -> JID {
    let jid: JID
    do {
      jid = try JID(text)
    } catch {
      throw APIError(.badRequest, "'\(text)' is not a channel: \(error.description)")
    }
    guard jid.local != nil, jid.resource == nil else {
      throw APIError(.badRequest, "'\(text)' is not a channel; a channel looks like alice@example.com")
    }
    return jid
  }

  /// Puts a node together.
  static func node(channel: JID, name: String) throws(APIError) -> NodeID {
    guard (1...200).contains(name.utf8.count) else {
      throw APIError(.badRequest, "a node's name has 1 to 200 bytes")
    }
    return NodeID(channel: channel, name: name)
  }

  /// Reads `alice@example.com/posts`, also with `/user/` in front.
  static func node(path: String) throws(APIError) -> NodeID {
    let path = path.hasPrefix("/user/") ? path.dropFirst(6) : Substring(path)
    let parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw APIError(.badRequest, "'\(path)' is not a node; a node looks like alice@example.com/posts")
    }
    return try node(channel: channel(String(parts[0])), name: String(parts[1]))
  }

  /// A whole number from the query; 400 where it is none or not in `range`.
  func number(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
    guard let text = target.parameter(name) else { return nil }
    guard let number = Int(text), number >= range.lowerBound else {
      throw APIError(.badRequest, "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return min(number, range.upperBound)
  }

  /// `max`, `after` and `before`. A larger `max` than 100 counts as 100.
  func page() throws(APIError) -> PageRequest {
    func id(_ name: String) -> String? { target.parameter(name).flatMap { $0.isEmpty ? nil : $0 } }
    return PageRequest(max: try number("max", in: 1...100), after: id("after"), before: id("before"))
  }

  /// The body as JSON, whatever its content type says (buddycloud-http-api.md §2.4).
  func json(_ shape: String) async throws -> JSONValue {
    let bytes = try await body()
    guard let value = JSONValue(parsing: bytes) else {
      throw APIError(.badRequest, "the body is not JSON; send \(shape)")
    }
    return value
  }

  /// The body as a JSON object.
  func object(_ shape: String) async throws -> [String: JSONValue] {
    guard let members = try await json(shape).members else {
      throw APIError(.badRequest, "the body is not a JSON object; send \(shape)")
    }
    return Dictionary(members.map { ($0.name, $0.value) }) { _, last in last }
  }
}
