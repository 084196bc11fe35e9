import GRIP
package import HTTPTypes

/// What an origin gets to see of a client's request (GRIP §4.1, §4.2). Pure.
package struct RequestRewrite: Sendable {
  /// Whom the request comes from.
  package enum Trust: Sendable, Hashable {
    /// A client: it may not speak as a proxy.
    case untrusted
    /// A proxy that proved `upstream_key`.
    case trusted
    /// The edge itself (a next link).
    case `internal`
  }

  /// Settings of the edge that matter here.
  package var forwardedFor: ForwardedForRule
  package var trustedForwardedFor: ForwardedForRule
  /// Whether `X-Forwarded-Proto`, `Forwarded` and their like pass from clients (a front proxy sets them).
  package var passesForwardingFields: Bool
  /// Other fields about the way.
  package var rules: ForwardingRules

  package init(
    forwardedFor: ForwardedForRule, trustedForwardedFor: ForwardedForRule, passesForwardingFields: Bool,
    rules: ForwardingRules = ForwardingRules()
  ) {
    self.rules = rules
    self.forwardedFor = forwardedFor
    self.trustedForwardedFor = trustedForwardedFor
    self.passesForwardingFields = passesForwardingFields
  }

  /// What is asked, ready to be written with a framing.
  package struct Rewritten: Sendable, Hashable {
    package var target: String
    package var host: String
    package var fields: HTTPFields
  }

  /// The request as the origin sees it.
  ///
  /// - Parameters:
  ///   - signature: a fresh token, `nil` where none is configured. Ignored for trusted requests and plain routes.
  ///   - lastIDs: become `Grip-Last` fields.
  ///   - peer: the client's address.
  ///   - isSecure: whether the client came by TLS.
  ///   - isWebSocket: whether it asks for a WebSocket.
  package func rewrite(
    _ head: RequestHead, route: Route, target: OriginTarget, trust: Trust, signature: String?,
    lastIDs: [(channel: String, id: String)], peer: String?, isSecure: Bool = false, isWebSocket: Bool = false
  ) -> Rewritten {
    var fields = head.fields
    for forced in route.forcedFields { fields[forced.name] = nil }
    rules.markOriginals(
      in: &fields, host: head.authority, isMarking: route.extras.marksOriginalFields, isTrusted: trust != .untrusted)
    fields.removeHopByHop()
    if rules.acceptsRouteField { fields[ForwardingRules.route] = nil }
    rules.markLoop(in: &fields)
    fields.removeFields { field in
      if field.name == .acceptEncoding { return true }
      if trust == .trusted { return false }
      if EdgeField.isGRIP(field.name) { return true }
      if route.isGRIP, EdgeField.isWebSocketOverHTTP(field.name) { return true }
      return !passesForwardingFields && EdgeField.isForwarding(field.name)
    }
    rules.setProtocol(in: &fields, isSecure: isSecure, isWebSocket: isWebSocket)
    if trust != .internal {
      let rule = trust == .trusted ? trustedForwardedFor : forwardedFor
      let values = fields[values: EdgeField.forwardedFor]
      fields[EdgeField.forwardedFor] = nil
      if let value = rule.apply(to: values, peer: peer) {
        fields.append(HTTPField(name: EdgeField.forwardedFor, value: value))
      }
    }
    for forced in route.forcedFields where !forced.value.isEmpty { fields.append(forced) }
    if trust != .trusted, route.isGRIP {
      if let signature { fields.append(HTTPField(name: .gripSig, value: signature)) }
      fields.append(HTTPField(name: .gripFeature, value: EdgeField.features))
      EdgeField.append(lastIDs, to: &fields)
    }
    return Rewritten(
      target: route.originTarget(of: head.target),
      host: target.hostReplacement ?? route.hostReplacement ?? head.authority, fields: fields)
  }

  /// Whether a client posts WebSocket-over-HTTP events, which only a proxy may do. Media types have no case (RFC 9110
  /// §8.3.1).
  package static func isWebSocketEvents(_ fields: HTTPFields) -> Bool {
    fields.contains { field in
      guard EdgeField.normalized(field.name) == "content-type" else { return false }
      return field.value.split(separator: ",").contains { element in
        element.prefix { $0 != ";" }.trimmingBlanks().lowercased() == "application/websocket-events"
      }
    }
  }
}
