import GRIP
import NIOCore
import ServerKit

// Routes, origins, and what origins are told.
extension EdgeOption {
  static let forwarding: [EdgeOption] = [
    EdgeOption(
      "routes-file", "FILE", .path, pushpin: ["proxy/routesfile"],
      "Which requests go where, a line each, relative to this file. In fanout.yaml `routes` can be written instead.",
      read: \.routesFile,
      write: { settings, input throws(Fault) in
        settings.routesFile = SystemFile.path(input.text, besides: input.source)
        return nil
      }),
    .time(
      "routes-interval", \.routesInterval, .zero ... .seconds(3600),
      help:
        "How often the routes are looked at; a change is taken over after this time once more. 0 never: SIGHUP does."),
    .flag("debug", \.server.edge.isDebug, pushpin: "proxy/debug", help: "Whether clients are told details of errors."),
    .flag(
      "cross-origin", \.server.edge.isCrossOrigin, pushpin: "proxy/auto_cross_origin",
      help: "Whether scripts of all places may read every response (CORS, JSON-P). A route's `aco` counts more."),
    .text(
      "signature.issuer", "NAME", \.server.edge.signatureIssuer, pushpin: "proxy/sig_iss",
      help:
        "The issuer in the signature of requests to origins (Grip-Sig); `pushpin` where there is a key and no issuer."),
    .key(
      "signature.key", \.server.edge.signatureKey, pushpin: "proxy/sig_key",
      help: "What requests to origins are signed with: text, base64:… or file:…. There is no default key."),
    .duration(
      "signature.lifetime", \.server.edge.signatureLifetime, .seconds(10) ... .seconds(86_400),
      help: "How long a signature is valid; each is used for half of that."),
    .key(
      "upstream-key", \.server.edge.upstreamKey, pushpin: "proxy/upstream_key",
      help: "What a GRIP proxy in front proves itself with; it then does the holding."),
    rule(
      "forwarding.for", \.server.edge.forwardedFor, "proxy/x_forwarded_for",
      "What becomes of a client's X-Forwarded-For: `truncate:N` keeps the last N values, `append` adds the client's "
        + "address; empty passes what came."),
    rule(
      "forwarding.for-trusted", \.server.edge.trustedForwardedFor, "proxy/x_forwarded_for_trusted",
      "The same for a proxy in front that proved upstream-key."),
    .flag(
      "forwarding.accept-protocol", \.server.edge.forwarding.acceptsForwardedProtocol,
      pushpin: "proxy/accept_x_forwarded_protocol",
      help: "Whether X-Forwarded-Proto of a request says how its client came. Only behind a proxy that sets it."),
    EdgeOption(
      "forwarding.set-protocol", "WHICH", .choice(["false", "proto-only", "true"]),
      pushpin: ["proxy/set_x_forwarded_protocol"],
      "Whether origins are told that a client came by TLS: proto-only by X-Forwarded-Proto, true also by "
        + "X-Forwarded-Protocol.",
      read: { $0.server.edge.forwarding.setsForwardedProtocol.rawValue },
      write: { settings, input throws(Fault) in
        settings.server.edge.forwarding.setsForwardedProtocol =
          ForwardingRules.ProtocolFields(rawValue: input.text) ?? .none
        return nil
      }),
    .flag(
      "forwarding.pass", \.server.edge.passesForwardingFields,
      help:
        "Whether X-Forwarded-Proto, X-Forwarded-Host, Forwarded and X-Real-IP of clients reach origins. Only behind a "
        + "proxy that sets them."),
    EdgeOption(
      "forwarding.need-mark", "NAMES", .list, pushpin: ["proxy/orig_headers_need_mark"],
      "Fields that a client must mark itself to have them count as its own on routes with orig_headers.",
      read: { $0.server.edge.forwarding.fieldsNeedingMark.sorted().joined(separator: ", ") },
      write: { settings, input throws(Fault) in
        settings.server.edge.forwarding.fieldsNeedingMark = Set(input.list.map { $0.lowercased() })
        return nil
      }),
    .flag(
      "forwarding.accept-route", \.server.edge.forwarding.acceptsRouteField, pushpin: "proxy/accept_pushpin_route",
      help: "Whether Pushpin-Route of a request names its route. Only behind a proxy that sets or removes it."),
    EdgeOption(
      "forwarding.cdn-loop", "NAME", .text, pushpin: ["proxy/cdn_loop"],
      "What is added to CDN-Loop (RFC 8586); empty leaves the field alone. Loops are marked, not refused.",
      read: { $0.server.edge.forwarding.cdnLoopToken },
      write: { settings, input throws(Fault) in
        guard input.text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2C }) else {
          throw Fault(text: "a name without blanks and commas, such as proxy.example.org")
        }
        settings.server.edge.forwarding.cdnLoopToken = input.text
        return nil
      }),
  ]

  static let origins: [EdgeOption] = [
    EdgeOption(
      "origins.roots", "FILE", .path,
      "The roots by which origins' certificates are believed, PEM, in place of the system's: for origins whose certificates "
        + "come from an authority of one's own. Read again when the routes are.",
      read: { $0.server.edge.origins.trustFile },
      write: { settings, input throws(Fault) in
        let path = SystemFile.path(input.text, besides: input.source)
        do { _ = try input.readFile(path) } catch { throw Fault(text: "\(path) cannot be read: \(error)") }
        settings.server.edge.origins.trustFile = path
        return nil
      }),
    .count(
      "origins.connections", \.server.edge.origins.maxConnections, 1...1_000_000,
      help: "Connections to origins, open or being opened; further requests wait."),
    .count(
      "origins.connections-per-client", \.server.edge.origins.maxConnectionsPerClient, 1...1_000_000,
      help: "Those that requests from one address may keep busy; its further requests wait, those of others pass."),
    .time(
      "origins.connect-timeout", \.server.edge.origins.connectTimeout, .milliseconds(1) ... .seconds(600),
      help: "Then the next target of the route is tried."),
    .time(
      "origins.head-timeout", \.server.edge.origins.responseHeadTimeout, .milliseconds(1) ... .seconds(86_400),
      help: "From the last byte of a request to the end of the response's head; then 504."),
    .time(
      "origins.body-timeout", \.server.edge.origins.responseBodyTimeout, .milliseconds(1) ... .seconds(86_400),
      help: "Between two parts of a response's body."),
    .time(
      "origins.idle-timeout", \.server.edge.origins.idleTimeout, .milliseconds(1) ... .seconds(86_400),
      help: "How long a connection to an origin waits for its next request."),
    .time(
      "origins.recent-idle", \.server.edge.origins.recentIdle, .zero ... .seconds(86_400),
      help: "How long it may have been idle for a request that must not be sent twice."),
    .time(
      "origins.wait-timeout", \.server.edge.origins.waitTimeout, .milliseconds(1) ... .seconds(3600),
      help: "How long a request waits for a connection to an origin; then 503."),
    .bytes(
      "origins.read-size", \.server.edge.origins.readBytes, 512...1_048_576, help: "Bytes read from an origin at once."),
    .bytes(
      "origins.response-head", \.server.edge.origins.responseLimits.maxHeadBytes, 1024...16_777_216,
      help: "Bytes of a response's head; beyond it 502."),
    .count(
      "origins.response-fields", \.server.edge.origins.responseLimits.maxFields, 1...1000,
      help: "Fields of a response; beyond it 502."),
    .count(
      "origins.interim-responses", \.server.edge.origins.responseLimits.maxInterimResponses, 0...1000,
      help: "Interim (1xx) responses before the final one; beyond it 502."),
    .bytes(
      "origins.instruction", \.server.edge.maxInstructionBytes, 1024...104_857_600,
      help: "Bytes of a response with an instruction, unless it is the start of a stream."),
  ]

  private static func rule(
    _ key: String, _ path: any Path<ForwardedForRule>, _ pushpin: String, _ help: String
  ) -> EdgeOption {
    EdgeOption(
      key, "RULES", .list, pushpin: [pushpin], help, read: { $0[keyPath: path].text },
      write: { settings, input throws(Fault) in
        guard let rule = ForwardedForRule(input.text) else { throw Fault(text: "a list of truncate:N and append") }
        settings[keyPath: path] = rule
        return nil
      })
  }
}
