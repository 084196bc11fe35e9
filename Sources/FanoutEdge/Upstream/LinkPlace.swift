import GRIP
import HTTPTypes
import NIOCore

/// Where a link of an instruction leads, and how the edge asks there.
///
/// A link to the place that the client's request went to is asked through the request's route, signed. Any other is asked
/// directly: never with a signature, which would let a stranger speak as this proxy, and at a public address only where the
/// target that named it is not trusted.
/// **Spec**: GRIP proxy §9.5. Deviates: external requests are not signed.
struct LinkPlace {
  /// Which requests for one link are the same: those of one route, with the same query and the same positions.
  struct Key: Hashable {
    var route: ObjectIdentifier?
    var method = "GET"
    var uri: String
    var lastIDs: [String]
  }

  let reference: LinkReference
  /// `nil` where it is external.
  let route: Route?
  let targets: [OriginTarget]
  private let authority: String

  /// Finds the place.
  ///
  /// - Parameters:
  ///   - base: the request as the client sent it; relative links are relative to it.
  ///   - scheme: of the listener that it came to.
  ///   - target: the one that answered with the link.
  /// **Errors**: what is no http URI, for good.
  init(
    _ link: String, base: RequestHead, scheme: String, route: Route, answeredBy target: OriginTarget
  ) throws(LinkFailure) {
    guard let reference = LinkReference(link, base: base, scheme: scheme) else {
      throw LinkFailure("the link is no http URI", isRetryable: false)
    }
    self.reference = reference
    if reference.isSamePlace(as: base, scheme: scheme) {
      self.route = route
      targets = route.targets
      authority = base.authority
    } else {
      guard let (host, port) = Self.split(reference) else {
        throw LinkFailure("the link names no host", isRetryable: false)
      }
      var external = OriginTarget(host: host, port: port, isUntrusted: target.isUntrusted)
      external.isSecure = reference.scheme == "https"
      self.route = nil
      targets = [external]
      authority = reference.authority
    }
  }

  /// The head of a request.
  ///
  /// - Parameters:
  ///   - lastIDs: become `Grip-Last` fields.
  ///   - fields: beside what every request of ours has.
  func head(
    _ method: String, to target: OriginTarget, loop: LoopContext, lastIDs: [(channel: String, id: String)],
    fields: HTTPFields = [:], framing: BodyFraming
  ) -> ByteBuffer {
    guard let route else {
      var fields = fields
      fields.append(HTTPField(name: .gripFeature, value: EdgeField.features))
      EdgeField.append(lastIDs, to: &fields)
      count(method, reference.target, authority, fields, loop)
      return MessageEncoder.requestHead(
        method: method, target: reference.target, host: authority, fields: fields, framing: framing)
    }
    let request = RequestHead(method: method, target: reference.target, authority: authority, fields: fields)
    let rewritten = loop.rewrite.rewrite(
      request, route: route, target: target, trust: .internal,
      signature: route.isGRIP ? loop.signatures.token(for: route) : nil, lastIDs: lastIDs, peer: nil,
      isSecure: reference.scheme == "https")
    count(method, rewritten.target, rewritten.host, rewritten.fields, loop)
    return MessageEncoder.requestHead(
      method: method, target: rewritten.target, host: rewritten.host, fields: rewritten.fields, framing: framing)
  }

  /// The `host[:port]` that a request names.
  func host(of target: OriginTarget) -> String {
    route.flatMap { target.hostReplacement ?? $0.hostReplacement } ?? authority
  }

  private func count(_ method: String, _ target: String, _ host: String, _ fields: HTTPFields, _ loop: LoopContext) {
    loop.statistics?.figures(of: route?.explicitID).add {
      $0.server.headerSent += StatisticsHead.request(method: method, target: target, host: host, fields: fields)
    }
  }

  /// What is the same request as this one.
  func key(lastIDs: [(channel: String, id: String)]) -> Key {
    Key(
      route: route.map(ObjectIdentifier.init),
      uri: "\(reference.scheme)://\(reference.authority.lowercased())\(reference.target)",
      lastIDs: lastIDs.map { "\($0.channel);\($0.id)" }.sorted())
  }

  private static func split(_ reference: LinkReference) -> (host: String, port: Int)? {
    let authority = reference.authority
    let standard = reference.scheme == "https" ? 443 : 80
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      let rest = authority[authority.index(after: end)...]
      return (String(authority[..<end].dropFirst()), port(rest.dropFirst(), standard) ?? standard)
    }
    let host = authority.prefix { $0 != ":" }
    guard !host.isEmpty, let port = port(authority[host.endIndex...].dropFirst(), standard) else { return nil }
    return (String(host), port)
  }

  private static func port(_ text: Substring, _ standard: Int) -> Int? {
    if text.isEmpty { return standard }
    guard let port = Int(text), (1...65_535).contains(port) else { return nil }
    return port
  }
}
