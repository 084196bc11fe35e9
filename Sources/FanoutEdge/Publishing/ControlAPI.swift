import GRIP
import HTTPTypes

/// What the control API answers, without its connections.
///
/// **Spec**: GRIP proxy §10.1, texts and statuses as a Pushpin publisher knows them. Added: refusing browsers, credentials,
/// `?receipt=1`, `/realm/ID/…`, `/healthz`, `/readyz`, `/metrics`, `/admin/…`.
struct ControlAPI: Sendable {
  /// What a request asks, once its head has been found good.
  enum Request: Hashable, Sendable {
    /// `GET /`.
    case greeting
    case publish(isJSON: Bool, wantsReceipt: Bool)
    case recover(isJSON: Bool)
    /// Whether the process lives; whether requests should be sent here. Nobody needs credentials for these.
    case health
    case ready
    case metrics
    case admin(AdminRequest)
  }

  /// A response.
  struct Response: Hashable, Sendable {
    var status: Int
    var fields: HTTPFields = [:]
    var body: String

    /// Plain text.
    static func text(_ status: Int, _ body: String, fields: HTTPFields = [:]) -> Response {
      var fields = fields
      fields[.contentType] = "text/plain"
      return Response(status: status, fields: fields, body: body)
    }

    /// JSON.
    static func json(_ body: String) -> Response {
      Response(status: 200, fields: [.contentType: "application/json"], body: body)
    }
  }

  /// What a request is, or what it is refused with.
  enum Decision: Hashable, Sendable {
    case accept(Request)
    case refuse(Response)
  }

  private let configuration: ControlConfiguration
  private let authentication: ControlAuthentication

  /// An API with its limits and credentials.
  init(_ configuration: ControlConfiguration) {
    self.configuration = configuration
    authentication = ControlAuthentication(configuration.credentials)
  }

  /// Judges a request by its head, before its body is read.
  ///
  /// - Parameters:
  ///   - isLoopback: whether it came in on an address that only this machine reaches.
  ///   - now: seconds since 1970.
  func decide(_ head: RequestHead, framing: BodyFraming, isLoopback: Bool, now: Int64) -> Decision {
    if configuration.servesMetricsOnly { return decideMetrics(head) }
    // A page of anywhere, open in a browser on this machine, must not publish (CSRF, DNS rebinding).
    if head.fields.contains(where: { $0.name.canonicalName == "origin" }) {
      return .refuse(.text(403, "Requests of web pages are not accepted.\n"))
    }
    if isLoopback, !isAllowedHost(head.host) {
      return .refuse(.text(403, "This Host is not accepted here; localhost and loopback addresses are.\n"))
    }
    if framing == .none, !["HEAD", "GET", "DELETE", "OPTIONS"].contains(head.method) {
      return .refuse(.text(411, "Request requires Content-Length.\n"))
    }
    guard let path = path(of: head.target) else { return .refuse(.text(404, "Not Found\n")) }
    if path == "/" { return .accept(.greeting) }
    if let decision = decideOperations(head, path: path, now: now) { return decision }
    let isPublish = path == "/publish" || path == "/publish?receipt=1"
    guard isPublish || path == "/recover" else { return .refuse(.text(404, "Not Found\n")) }
    guard head.method == "POST" else {
      return .refuse(.text(405, "Method not allowed: \(head.method).\n", fields: [.allow: "POST"]))
    }
    if let refusal = refusal(head, "Publishing needs credentials.\n", now: now) { return .refuse(refusal) }
    guard let isJSON = acceptsJSON(head.fields) else {
      return .refuse(
        .text(406, "Not Acceptable. Supported formats are text/plain and application/json.\n"))
    }
    if isPublish { return .accept(.publish(isJSON: isJSON, wantsReceipt: path.hasSuffix("?receipt=1"))) }
    return .accept(.recover(isJSON: isJSON))
  }

  /// The listener that is for metrics alone: every path has them.
  private func decideMetrics(_ head: RequestHead) -> Decision {
    guard head.method == "GET" || head.method == "HEAD" else {
      return .refuse(.text(405, "Method not allowed: \(head.method).\n", fields: [.allow: "GET, HEAD"]))
    }
    switch head.path {
    case "/healthz": return .accept(.health)
    case "/readyz": return .accept(.ready)
    default: return .accept(.metrics)
    }
  }

  /// What an operator asks; `nil` where the path is another one.
  private func decideOperations(_ head: RequestHead, path: String, now: Int64) -> Decision? {
    let isAdmin = path.hasPrefix("/admin/")
    guard isAdmin || ["/healthz", "/readyz", "/metrics"].contains(path) else { return nil }
    if isAdmin || path == "/metrics",
      let refusal = refusal(head, "This needs the credentials of a publisher.\n", now: now)
    {
      return .refuse(refusal)
    }
    if isAdmin {
      do throws(AdminRequest.Problem) {
        let target = path.dropFirst("/admin".count)
        return .accept(.admin(try AdminRequest(method: head.method, target: target)))
      } catch {
        let fields: HTTPFields = error.allow.map { [.allow: $0] } ?? [:]
        return .refuse(.text(error.status, error.text + "\n", fields: fields))
      }
    }
    guard head.method == "GET" || head.method == "HEAD" else {
      return .refuse(.text(405, "Method not allowed: \(head.method).\n", fields: [.allow: "GET, HEAD"]))
    }
    return .accept(path == "/metrics" ? .metrics : path == "/readyz" ? .ready : .health)
  }

  /// What a request without the right credentials gets.
  private func refusal(_ head: RequestHead, _ text: String, now: Int64) -> Response? {
    if authentication.accepts(head.fields[.authorization], now: now) { return nil }
    return .text(401, text, fields: [.wwwAuthenticate: authentication.challenge])
  }

  /// Reads what is to be published: all of it, or why not.
  func items(of body: [UInt8]) -> Result<[GRIPItem], Refusal> {
    var limits = GRIPLimits()
    limits.publishBytes = configuration.maxBodyBytes
    do throws(GRIPDecodingError) {
      return .success(try GRIPItem.decodeBatch(body, limits: limits))
    } catch {
      return .failure(Refusal(response: .text(400, error.description + "\n")))
    }
  }

  /// What a fault of the message itself is answered with.
  func response(to fault: HeadFault) -> Response {
    switch fault.status {
    case 431, 414: .text(400, "Request header too large.\n")
    case 413: .text(400, "Request body too large.\n")
    case _ where fault == FieldLine.badLength: .text(400, "Bad Content-Length.\n")
    default: .text(400, "Failed to parse request header. (\(fault.text))\n")
    }
  }

  // MARK: Answers

  /// The success of a publish.
  func published(isJSON: Bool) -> Response {
    isJSON ? .json("{\"message\":\"Published\"}\n") : .text(200, "Published\n")
  }

  /// The receipt: the listeners of each item at the moment when it was handed over, by the formats that it has.
  func receipt(items: [GRIPItem], receivers: [ChannelReceivers]) -> Response {
    var writer = JSONWriter()
    writer.beginObject()
    writer.name("message")
    writer.string("Published")
    writer.name("items")
    writer.beginArray()
    for (item, count) in zip(items, receivers) {
      writer.beginObject()
      writer.name("channel")
      writer.string(item.channel)
      writer.name("receivers")
      writer.beginObject()
      if item.httpResponse != nil {
        writer.name("http-response")
        writer.integer(count.responses)
      }
      if item.httpStream != nil {
        writer.name("http-stream")
        writer.integer(count.streams)
      }
      if item.webSocket != nil {
        writer.name("ws-message")
        writer.integer(count.sockets)
      }
      writer.endObject()
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return .json(String(decoding: writer.bytes, as: UTF8.self) + "\n")
  }

  /// The success of a recover.
  func recovered(isJSON: Bool) -> Response {
    isJSON ? .json("{\"message\":\"Updated\"}\n") : .text(200, "Updated\n")
  }

  /// Nothing of the request has been published; it may be sent again.
  var overloaded: Response {
    .text(503, "Too much is on its way. Nothing was published; try again.\n", fields: [.retryAfter: "1"])
  }

  var stopping: Response {
    .text(503, "Nothing is delivered now. Nothing was published; try again.\n", fields: [.retryAfter: "1"])
  }

  // MARK: -

  /// Why a body was refused.
  struct Refusal: Error {
    var response: Response
  }

  /// The target without a realm that is ours and without a slash at its end; `nil` for another realm.
  private func path(of target: String) -> String? {
    var path = target
    if path.hasPrefix("/realm/") {
      let rest = path.dropFirst("/realm/".count)
      guard let slash = rest.firstIndex(of: "/"), configuration.realms.contains(String(rest[..<slash])) else {
        return nil
      }
      path = String(rest[slash...])
    }
    if path.hasSuffix("/?receipt=1") { return path.dropLast("/?receipt=1".count) + "?receipt=1" }
    if path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }

  /// Whether a `Host` may stand on a loopback port. A page that rebinds its own name to this machine comes with a name
  /// of the public DNS, and those have a dot; a single label (`edge`, a container's name) can be none of them.
  private func isAllowedHost(_ host: String) -> Bool {
    ControlConfiguration.isLoopback(host) || isSingleLabel(host)
      || configuration.allowedHosts.contains { $0.lowercased() == host }
  }

  private func isSingleLabel(_ host: String) -> Bool {
    !host.isEmpty && host.utf8.allSatisfy { $0 == 0x2d || (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) }
      && !host.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Whether the success is told in JSON; `nil` where neither form is accepted. The last element that matches counts.
  private func acceptsJSON(_ fields: HTTPFields) -> Bool? {
    let elements = fields.tokens(of: .accept)
    guard fields.contains(where: { $0.name == .accept }) else { return false }
    var isJSON: Bool?
    for element in elements {
      switch element.prefix(while: { $0 != ";" }).trimmingBlanks() {
      case "text/plain", "text/*", "*/*", "*": isJSON = false
      case "application/json", "application/*": isJSON = true
      default: break
      }
    }
    return isJSON
  }
}
