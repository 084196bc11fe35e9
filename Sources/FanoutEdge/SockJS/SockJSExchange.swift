import GRIP
import HTTPTypes
import NIOCore

/// One request of a client that polls: reads its body, asks the session, and answers as its transport wants it.
///
/// **Isolation**: the connection's event loop, every member.
final class SockJSExchange: RequestReceiver {
  private unowned let connection: DownstreamConnection
  private let loop: LoopContext
  private let request: SocketRequest
  private let operation: SockJSOperation
  private let base: String
  private var body = ByteBuffer()
  private var asked: SockJSKey?
  private var isOver = false

  /// - Parameters:
  ///   - request: what a session asks the origin, if this makes one.
  ///   - base: the path under which the route serves SockJS.
  init(_ request: SocketRequest, operation: SockJSOperation, base: String, connection: DownstreamConnection) {
    self.connection = connection
    loop = connection.loop
    self.request = request
    self.operation = operation
    self.base = base
  }

  // MARK: What the connection tells

  var acceptsBody: Bool { !isOver }

  var isHolding: Bool { asked != nil }

  func bodyReceived(_ bytes: ByteBuffer) {
    guard !isOver else { return }
    guard body.readableBytes + bytes.readableBytes <= loop.configuration.sockjs.maxRequestBytes else {
      return answer(.text(400, "Request too large."))
    }
    body.writeImmutableBuffer(bytes)
  }

  func bodyCompleted() {
    guard !isOver else { return }
    switch operation {
    case .poll(let session), .scriptPoll(let session, _?): ask(session, .poll(request))
    case .send(let session): send(body.readableBytesView, to: session)
    case .scriptSend(let session, let query?): send(SockJSOperation.parameter("d", of: query)?.utf8, to: session)
    case .scriptSend(let session, nil): sendForm(to: session)
    case .scriptPoll(_, nil): answer(.text(400, "Bad Request"))
    case .info, .iframe, .preflight, .rawSocket, .framedSocket, .unknown: answer(.notFound)
    }
  }

  func downstreamWritable() {}

  func cancel() {
    guard !isOver else { return }
    isOver = true
    guard let key = asked else { return }
    let (home, id) = (loop.home(of: key), connection.id)
    home.eventLoop.execute { home.context.value.sockjsClientGone(id, key: key) }
  }

  // MARK: Asking

  /// A form with the field `d`; or, as the reference server takes it, the messages themselves.
  private func sendForm(to session: String) {
    if let first = body.readableBytesView.first, first == UInt8(ascii: "[") {
      return send(body.readableBytesView, to: session)
    }
    let form = String(validating: body.readableBytesView, as: UTF8.self)
    send(form.flatMap { SockJSOperation.parameter("d", of: $0) }?.utf8, to: session)
  }

  private func send(_ text: (some Sequence<UInt8>)?, to session: String) {
    // An unknown session comes before what is wrong with the messages, but only a session's loop knows it.
    let messages = text.flatMap { SockJSFrame.read($0, limit: loop.configuration.sockjs.maxRequestBytes) }
    ask(session, .send(messages))
  }

  private func ask(_ session: String, _ kind: SockJSOrder.Kind) {
    let key = SockJSKey(host: request.head.host, base: base, session: session)
    asked = key
    let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
    let eventLoop = loop.eventLoop
    let order = SockJSOrder(key: key, connectionID: connection.id, kind: kind) { reply in
      eventLoop.execute { bound.value.answer(reply) }
    }
    let home = loop.home(of: key)
    home.eventLoop.execute { home.context.value.take(order) }
  }

  // MARK: Answering

  private func answer(_ reply: SockJSReply) {
    guard !isOver else { return }
    isOver = true
    asked = nil
    var fields: HTTPFields = [.contentType: "text/plain"]
    var (status, reason): (Int, String?) = (200, nil)
    var content: ByteBuffer
    switch reply {
    case .frame(let frame):
      if case .scriptPoll(_, let callback?) = operation {
        fields[.contentType] = "application/javascript"
        content = SockJSFrame.script(frame, callback: callback)
      } else {
        content = frame
        content.writeStaticString("\n")
      }
    case .taken: content = ByteBuffer(string: "ok")
    case .text(let code, let text):
      status = code
      content = ByteBuffer(string: text + "\n")
    case .refusal(let code, let phrase, let own, let body):
      (status, reason, fields, content) = (code, phrase, own, body)
      fields.removeHopByHop()
      fields[.contentLength] = nil
    }
    SockJSFields.add(to: &fields, request: request.head.fields)
    connection.respond(status: status, reason: reason, fields: fields, body: content)
  }
}

@available(*, unavailable)
extension SockJSExchange: Sendable {}

/// The fields of all of SockJS's responses: scripts of all places may read them, and nobody keeps them.
enum SockJSFields {
  /// Adds them.
  static func add(to fields: inout HTTPFields, request: HTTPFields) {
    fields[.cacheControl] = "no-store, no-cache, must-revalidate, max-age=0"
    fields[.accessControlAllowOrigin] = request[.origin] ?? "*"
    fields[.accessControlAllowCredentials] = "true"
  }
}
