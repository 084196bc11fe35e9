import GRIP
import HTTPTypes
import NIOCore

// Routes as an operator sees them, and the dry run of a request against them.
extension Operations {
  /// All routes, in their order.
  func routeList() -> ControlAPI.Response {
    let routes = edge.routes.routes
    return .json { writer in
      writer.name("routes")
      writer.beginArray()
      for route in routes { writer.route(route) }
      writer.endArray()
    }
  }

  /// Which rule a request would meet, where it would go, and what the origin would see. Nothing is sent.
  func match(_ body: [UInt8]) async throws(AdminRequest.Problem) -> ControlAPI.Response {
    let (head, isSecure) = try described(try object(body))
    guard let loop = edge.loops.first,
      let runs = try? await loop.eventLoop.submit({ [loop.context.value.dryRun(head, isSecure: isSecure)] }).get()
    else { throw AdminRequest.Problem(status: 503, text: "The edge is not running.") }
    return .json { writer in
      guard let run = runs.first ?? nil else {
        writer.name("route")
        writer.value(.null)
        return
      }
      writer.name("route")
      writer.route(run.route)
      writer.name("trusted")
      writer.bool(run.isTrusted)
      writer.name("request")
      writer.beginObject()
      writer.member("method", head.method)
      writer.member("target", run.rewritten.target)
      writer.member("host", run.rewritten.host)
      writer.name("headers")
      writer.beginArray()
      for field in run.rewritten.fields {
        writer.beginArray()
        writer.string(field.name.rawName)
        // A token that works must not lie about in terminals.
        writer.string(field.name == .gripSig && !run.isTrusted ? "(a fresh token)" : field.value)
        writer.endArray()
      }
      writer.endArray()
      writer.endObject()
    }
  }

  /// The request that a body describes, read as strictly as one from the wire.
  private func described(_ object: JSONObject) throws(AdminRequest.Problem) -> (RequestHead, isSecure: Bool) {
    let problem = AdminRequest.Problem(
      status: 400,
      text: "Name \"url\" (http://HOST/PATH), and where wanted \"method\" and \"headers\" (an object of texts).")
    var isSecure = false
    var (method, target, host, lines) = ("GET", String?.none, String?.none, [String]())
    for member in object.members {
      switch (member.name, member.value) {
      case ("method", .string(let text)): method = text
      case ("url", .string(let text)):
        (host, target) = Self.parts(text)
        isSecure = text.lowercased().hasPrefix("https://")
      case ("headers", .object(let headers)):
        for header in headers.members {
          guard case .string(let value) = header.value else { throw problem }
          if header.name.lowercased() == "host" { host = value } else { lines.append("\(header.name): \(value)") }
        }
      default: throw problem
      }
    }
    guard let target else { throw problem }
    lines = ["\(method) \(target) HTTP/1.1", "Host: \(host ?? "localhost")"] + lines
    guard lines.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x20 } }) else { throw problem }
    var buffer = ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n")
    var parser = RequestParser(limits: edge.requestLimits)
    do throws(HeadFault) {
      guard case .head(let head, _, _) = try parser.next(&buffer) else {
        throw HeadFault("it is no request", status: 400)
      }
      return (head, isSecure)
    } catch {
      throw AdminRequest.Problem(status: 400, text: "The edge would refuse this with \(error.status): \(error.text).")
    }
  }

  /// The authority and the target of a URL; a path alone has no authority.
  private static func parts(_ url: String) -> (String?, String?) {
    guard let scheme = ["http://", "https://"].first(where: { url.lowercased().hasPrefix($0) }) else {
      return (nil, url)
    }
    let rest = url.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let target = rest.dropFirst(authority.count)
    return (String(authority), target.hasPrefix("/") ? String(target) : "/" + target)
  }
}

/// What would become of a request.
struct DryRun {
  var route: Route
  var isTrusted: Bool
  var rewritten: RequestRewrite.Rewritten
}

extension LoopContext {
  /// What would become of a request; `nil` where no route fits.
  func dryRun(_ head: RequestHead, isSecure: Bool) -> DryRun? {
    guard let route = route(of: head, isSecure: isSecure), let target = route.targets.first else {
      return nil
    }
    let isTrusted = isTrusted(head)
    let rewritten = rewrite.rewrite(
      head, route: route, target: target, trust: isTrusted ? .trusted : .untrusted,
      signature: isTrusted || !route.isGRIP ? nil : signatures.token(for: route), lastIDs: [], peer: "192.0.2.1",
      isSecure: isSecure)
    return DryRun(route: route, isTrusted: isTrusted, rewritten: rewritten)
  }
}

extension JSONWriter {
  /// A route with its targets.
  fileprivate mutating func route(_ route: Route) {
    beginObject()
    member("id", route.id)
    member("host", route.host ?? "*")
    member("path-beg", route.pathBeginning)
    name("grip")
    bool(route.isGRIP)
    name("debug")
    bool(route.isDebug)
    member("prefix", route.channelPrefix.isEmpty ? nil : route.channelPrefix)
    name("targets")
    beginArray()
    for target in route.targets { string(target.description) }
    endArray()
    endObject()
  }
}
