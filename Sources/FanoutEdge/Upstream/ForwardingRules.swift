import HTTPTypes

/// What is believed of, and said in, fields about the way of a request (GRIP §3.6 step 1, §4.2 steps 2, 4, 5 and 8).
package struct ForwardingRules: Sendable, Hashable {
  /// Which fields tell an origin that the client came by TLS.
  package enum ProtocolFields: String, Sendable, Hashable, CaseIterable {
    /// None.
    case none = "false"
    /// `X-Forwarded-Proto`.
    case proto = "proto-only"
    /// `X-Forwarded-Proto` and `X-Forwarded-Protocol`.
    case both = "true"
  }

  /// Whether `X-Forwarded-Proto` and `-Protocol` of a request say how its client came (a proxy in front sets them).
  /// Default no.
  package var acceptsForwardedProtocol = false
  /// Which of them origins get. Default none.
  package var setsForwardedProtocol = ProtocolFields.none
  /// Names, lower case, of fields that a client must mark itself to have them count as original (`orig_headers_need_mark`).
  /// Default none.
  package var fieldsNeedingMark: Set<String> = []
  /// Whether `Pushpin-Route` of a request names its route. Default no.
  package var acceptsRouteField = false
  /// What this proxy adds to `CDN-Loop` (RFC 8586); empty leaves the field alone. Default empty.
  package var cdnLoopToken = ""

  /// The defaults.
  package init() {}

  /// Whether the client came by TLS, as far as is known here.
  func isSecure(_ fields: HTTPFields, connection: Bool) -> Bool {
    guard acceptsForwardedProtocol else { return connection }
    for name in [Self.forwardedProto, Self.forwardedProtocol] {
      // Of a list the first is the client's.
      guard let element = fields[values: name].first?.split(separator: ",").first else { continue }
      let scheme = element.trimmingBlanks().lowercased()
      return scheme == "https" || scheme == "wss" || connection
    }
    return connection
  }

  /// Replaces what requests say of their protocol by what is known here.
  func setProtocol(in fields: inout HTTPFields, isSecure: Bool, isWebSocket: Bool) {
    guard acceptsForwardedProtocol || setsForwardedProtocol != .none else { return }
    fields[Self.forwardedProto] = nil
    fields[Self.forwardedProtocol] = nil
    guard isSecure else { return }
    let scheme = isWebSocket ? "wss" : "https"
    switch setsForwardedProtocol {
    case .none: return
    case .proto: break
    case .both: fields.append(HTTPField(name: Self.forwardedProtocol, value: scheme))
    }
    fields.append(HTTPField(name: Self.forwardedProto, value: scheme))
  }

  /// Adds this proxy to `CDN-Loop`. Loops are marked, not refused.
  func markLoop(in fields: inout HTTPFields) {
    guard !cdnLoopToken.isEmpty else { return }
    let elements = fields[values: Self.cdnLoop].flatMap { $0.split(separator: ",") }.map { String($0.trimmingBlanks()) }
    fields[Self.cdnLoop] = nil
    fields.append(
      HTTPField(
        name: Self.cdnLoop, value: (elements.filter { !$0.isEmpty } + [cdnLoopToken]).joined(separator: ", ")))
  }

  /// Repeats the client's own fields under a marker, so that the origin can tell them from those that proxies added.
  ///
  /// - Parameter isMarking: whether the route says so (`orig_headers`).
  func markOriginals(in fields: inout HTTPFields, host: String, isMarking: Bool, isTrusted: Bool) {
    guard isMarking else {
      return fields.removeFields { EdgeField.normalized($0.name).hasPrefix(Self.marker) }
    }
    // Who is trusted has marked them.
    if isTrusted { return }
    var marked: [HTTPField] = []
    let originals = [HTTPField(name: .hostField, value: host)] + fields
    for field in originals {
      if EdgeField.normalized(field.name).hasPrefix(Self.marker) {
        marked.append(field)
      } else if !fieldsNeedingMark.contains(field.name.canonicalName),
        let name = HTTPField.Name(Self.marker + field.name.rawName)
      {
        marked.append(HTTPField(name: name, value: field.value))
      }
    }
    fields.removeFields { EdgeField.normalized($0.name).hasPrefix(Self.marker) }
    fields.append(contentsOf: marked)
  }

  /// What marks an original field.
  static let marker = "eb9bf0f5-"
  static let forwardedProto = HTTPField.Name.known("X-Forwarded-Proto")
  static let forwardedProtocol = HTTPField.Name.known("X-Forwarded-Protocol")
  static let cdnLoop = HTTPField.Name.known("CDN-Loop")
  static let route = HTTPField.Name.known("Pushpin-Route")
}

extension LoopContext {
  /// The route of a request; `nil` where none fits (GRIP §3.6).
  func route(of head: RequestHead, isSecure: Bool, isWebSocket: Bool = false) -> Route? {
    if configuration.forwarding.acceptsRouteField, let id = head.fields[values: ForwardingRules.route].first {
      return routes.route(id: id, path: head.path)
    }
    return routes.match(host: head.host, path: head.path, isSecure: isSecure, isWebSocket: isWebSocket)
  }
}
