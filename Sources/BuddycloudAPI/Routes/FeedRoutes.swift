import Channels
import GRIP
import HTTPTypes
import Hummingbird
import XMPP

/// `/:channel/content/:node`, its threads and its items (buddycloud-http-api.md §4.3).
enum FeedRoutes {
  static let routes = [
    Route(.get, "/:channel/content/:node", feed),
    Route(.get, "/:channel/content/:node/threads", threads),
    Route(.post, "/:channel/content/:node") { try await publish($0, isReplacing: false) },
    Route(.put, "/:channel/content/:node") { try await publish($0, isReplacing: true) },
    Route(.get, "/:channel/content/:node/:item", item),
    Route(.delete, "/:channel/content/:node/:item", retract),
    Route(.get, "/:channel/content/:node/:item/replyto", replies),
  ]

  @Sendable private static func feed(_ call: APICall) async throws -> Response {
    let node = try call.node()
    let encoding = try encoding(of: call)
    let page = try call.page()
    let session = try await call.session()
    let entries = try await call.run { try await session.entries(of: node, page: page) }
    var response: Response
    switch encoding {
    case .json: response = .json(.array(entries.map { $0.json() }))
    case .atom: response = atom(call.writer.feed(of: node, entries: entries))
    }
    if let max = page.max, entries.count == max, let last = entries.last {
      response.headers[.link] = "<?max=\(max)&after=\(RequestTarget.encode(last.id))>; rel=\"next\""
    }
    return response
  }

  @Sendable private static func threads(_ call: APICall) async throws -> Response {
    let node = try call.node()
    let page = try call.page()
    let session = try await call.session()
    let threads = try await call.run { try await session.threads(of: node, page: page) }
    return .json(
      .array(
        threads.map { thread in
          .object([
            "id": .string(thread.id),
            "updated": .string(thread.updated.description),
            "items": .array(thread.entries.map { $0.json() }),
          ])
        }))
  }

  @Sendable private static func publish(_ call: APICall, isReplacing: Bool) async throws -> Response {
    let node = try call.node()
    let session = try await call.session()
    if let delay = call.services.publishes.take(session.user.map(\.description) ?? "address \(call.peer)") {
      throw APIError.tooManyRequests("too many posts", retryAfter: delay)
    }
    let posted = try PostedEntry(await call.body(), contentType: call.request.headers[.contentType])
    let entry = try await call.run {
      isReplacing
        ? try await session.replaceNewest(with: posted.xml, in: node)
        : try await session.publish(posted.xml, to: node)
    }
    var response = single(entry, posted.responseEncoding, call)
    response.status = .created
    let path = [node.channel.description, "content", node.name, entry.id].map { RequestTarget.encode($0) }
    response.headers[.location] = "\(call.configuration.publicPrefix)/\(path.joined(separator: "/"))"
    return response
  }

  @Sendable private static func item(_ call: APICall) async throws -> Response {
    let node = try call.node()
    let encoding = try encoding(of: call)
    let session = try await call.session()
    let entry = try await call.run { try await session.entry(call.item, of: node) }
    return single(entry, encoding, call)
  }

  @Sendable private static func retract(_ call: APICall) async throws -> Response {
    let node = try call.node()
    let session = try await call.userSession()
    try await call.run { try await session.retract(call.item, from: node) }
    return Response(status: .noContent)
  }

  @Sendable private static func replies(_ call: APICall) async throws -> Response {
    let node = try call.node()
    let page = try call.page()
    let session = try await call.userSession()
    let entries = try await call.run { try await session.replies(to: call.item, in: node, page: page) }
    return .json(.array(entries.map { $0.json() }))
  }

  private static func encoding(of call: APICall) throws(APIError) -> AtomEncoding {
    guard let encoding = AtomEncoding.negotiate(accept: call.request.acceptText) else {
      throw .notAcceptable
    }
    return encoding
  }

  private static func single(_ entry: Entry, _ encoding: AtomEncoding, _ call: APICall) -> Response {
    switch encoding {
    case .json: .json(entry.json())
    case .atom: atom(call.writer.document(of: entry))
    }
  }

  private static func atom(_ document: String) -> Response {
    Response(document, type: "application/atom+xml")
  }
}

extension APIError {
  /// Neither Atom nor JSON is wanted.
  static let notAcceptable = APIError(.notAcceptable, "accept application/atom+xml or application/json")
}

extension APICall {
  /// What writes Atom.
  var writer: AtomWriter { AtomWriter(channelDomain: configuration.channelDomain) }

  /// The item in the path, in any of its three forms.
  var item: String { parameters["item"] ?? "" }
}

extension Request {
  /// All `Accept` fields as one; `nil` without any.
  var acceptText: String? {
    let fields = headers[values: .accept]
    return fields.isEmpty ? nil : fields.joined(separator: ",")
  }
}

extension HTTPField.Name {
  static let link = HTTPField.Name("Link")!
}
