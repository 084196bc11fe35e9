import GRIP
import HTTPTypes
import NIOCore

/// The built-in origin of the target `test`: shows in a minute that a proxy holds and delivers.
///
/// **Spec**: GRIP proxy §26.1. WebSockets are `TestSocketOrigin`'s.
struct TestHandler {
  /// What it would answer as an origin.
  let instruction: GRIPInstruction
  /// The response with it.
  let response: GRIPResponse

  /// LIMIT: channels of one request; those beyond are ignored.
  private static let maxChannels = 20

  /// Answers a request.
  ///
  /// - Parameter target: the request target without what its route matches by.
  init(target: String) {
    let path = target.prefix { $0 != "?" }
    let channels = Self.channels(of: target[path.endIndex...].dropFirst())
    var status = 200
    var body: String
    var hold: GRIPHold?
    switch path {
    case "", "/": body = "Hello from the Fanout test handler!\n"
    case "/response":
      hold = .response(timeout: .seconds(55))
      body = "nothing for now\n"
    case "/stream":
      hold = .stream(keepAlive: nil)
      body = "[stream opened]\n"
    default:
      status = 404
      body = "no such test resource\n"
    }
    instruction = GRIPInstruction(hold: hold, channels: hold == nil ? [] : channels.map { GRIPChannel($0) })
    response = GRIPResponse(status: status, headers: [.contentType: "text/plain"], body: Array(body.utf8))
  }

  /// What a request asks for: the path without what its route matches by, and the channels of its query.
  static func resource(_ target: String, of route: Route) -> (path: String, channels: [String]) {
    let rest = withoutBeginning(target, of: route)
    let path = rest.prefix { $0 != "?" }
    return (String(path), channels(of: rest[path.endIndex...].dropFirst()))
  }

  /// A request target without what its route matches by.
  static func withoutBeginning(_ target: String, of route: Route) -> String {
    let path = String(target.dropFirst(route.pathBeginning?.utf8.count ?? 0))
    return path.isEmpty || path.hasPrefix("?") || path.hasPrefix("/") ? path : "/" + path
  }

  private static func channels(of query: Substring) -> [String] {
    let names = query.split(separator: "&").compactMap { pair -> String? in
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0] == "channel" else { return nil }
      return PercentEncoding.decode(parts[1]).flatMap { $0.utf8.allSatisfy { $0 >= 0x20 } ? $0 : nil }
    }
    return names.isEmpty ? ["test"] : Array(names.prefix(maxChannels))
  }
}

extension Exchange {
  /// LIMIT: bytes of a body to the test handler (GRIP §26.1).
  private static let maxTestBody = 100_000

  /// Answers in place of an origin.
  func answerAsTest() {
    if case .length(let length) = body.framing, length > Self.maxTestBody {
      return fail(ProxyError(status: 400, text: "request too large"))
    }
    let answer = TestHandler(target: TestHandler.withoutBeginning(head.target, of: route))
    let executes = trust == .untrusted && route.isGRIP
    if executes, !isAnsweredAtOnce(answer.instruction) {
      return hold(answer.instruction, answer.response, isStarted: false)
    }
    phase = .over
    var fields = answer.response.headers
    if !executes, answer.instruction.hold != nil, let own = try? answer.instruction.headerFields() {
      fields.append(contentsOf: own)
    }
    connection.respond(
      status: answer.response.status, reason: nil, fields: forClient(fields),
      body: ByteBuffer(bytes: answer.response.body))
  }
}
