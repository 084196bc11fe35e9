import Crypto
import HTTPTypes
import NIOCore

/// Requests under the SockJS path of their route (GRIP §18).
extension DownstreamConnection {
  /// Begins one.
  ///
  /// - Parameters:
  ///   - request: as the client sent it.
  ///   - isUpgrade: whether it asks for a WebSocket.
  func beginSockJS(_ request: SocketRequest, rule: SockJSRule, framing: BodyFraming, isUpgrade: Bool) {
    let head = request.head
    let rest = head.target.utf8.dropFirst(rule.base.utf8.count)
    let operation = SockJSOperation(method: head.method, rest: Substring(rest), isUpgrade: isUpgrade)
    switch operation {
    case .rawSocket: beginSocket(towardsOrigin(request, rule, isWebSocket: true))
    case .framedSocket:
      let asked = towardsOrigin(request, rule, isWebSocket: true)
      let socket = DownstreamSocket(connection: self, request: asked)
      self.socket = socket
      loop.startSocket(asked, client: SockJSSocket(socket))
    case .info: respond(SockJSPage.info(entropy: .random(in: .min ... .max)), to: head)
    case .iframe: respondPage(to: head)
    case .preflight:
      var fields: HTTPFields = [.contentType: "text/plain"]
      SockJSFields.add(to: &fields, request: head.fields)
      CrossOrigin.add(to: &fields, request: head.fields)
      respond(status: 204, reason: nil, fields: fields, body: ByteBuffer())
    case .unknown:
      if isUpgrade { machine.lastResponse() }
      respond("Not Found\n", status: 404, to: head)
    case .poll, .scriptPoll, .send, .scriptSend:
      if case .length(let length) = framing, length > loop.configuration.sockjs.maxRequestBytes {
        return respond("Request too large.\n", status: 400, to: head)
      }
      let exchange = SockJSExchange(
        towardsOrigin(request, rule, isWebSocket: false), operation: operation, base: rule.base, connection: self)
      self.exchange = exchange
      if machine.isRequestComplete { exchange.bodyCompleted() }
    }
  }

  /// The request for a WebSocket that stands for a client's session.
  private func towardsOrigin(_ request: SocketRequest, _ rule: SockJSRule, isWebSocket: Bool) -> SocketRequest {
    var request = request
    request.head = marked(request.head, isTrusted: request.trust == .trusted)
    request.head.target = rule.originTarget(of: request.head.target, isWebSocket: isWebSocket)
    request.head.method = "GET"
    // The body is not for the origin.
    for name in [HTTPField.Name.contentType, .contentEncoding, .contentLanguage, .expect] {
      request.head.fields[name] = nil
    }
    return request
  }

  private func respond(_ text: String, status: Int = 200, to head: RequestHead) {
    var fields: HTTPFields = [.contentType: "text/plain"]
    SockJSFields.add(to: &fields, request: head.fields)
    respond(status: status, reason: nil, fields: fields, body: ByteBuffer(string: text))
  }

  private func respondPage(to head: RequestHead) {
    let page = SockJSPage.iframe(scriptURL: loop.configuration.sockjs.scriptURL)
    var fields: HTTPFields = [
      .eTag: "\"\(SockJSPage.digest(page))\"", .cacheControl: "public, max-age=31536000",
    ]
    if head.fields[.ifNoneMatch] == fields[.eTag] {
      return respond(status: 304, reason: nil, fields: fields, body: ByteBuffer())
    }
    fields[.contentType] = "text/html; charset=UTF-8"
    respond(status: 200, reason: nil, fields: fields, body: ByteBuffer(string: page))
  }
}

/// What SockJS's server says of itself.
enum SockJSPage {
  /// The answer to `info`.
  static func info(entropy: UInt32) -> String {
    "{\"cookie_needed\":false,\"entropy\":\(entropy),\"origins\":[\"*:*\"],\"websocket\":true}\n"
  }

  /// The page in which a client speaks with the server from another place.
  static func iframe(scriptURL: String) -> String {
    """
    <!DOCTYPE html>
    <html>
    <head>
      <meta charset="UTF-8">
      <script src="\(escaped(scriptURL))"></script>
      <script>
        document.domain = document.domain;
        SockJS.bootstrap_iframe();
      </script>
    </head>
    <body>
      <p>This page is a part of SockJS. It is not meant to be seen.</p>
    </body>
    </html>

    """
  }

  /// MD5 in hexadecimal digits, as SockJS wants it of an `ETag`.
  static func digest(_ text: String) -> String {
    Insecure.MD5.hash(data: Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.append(character)
      }
    }
    return result
  }
}
