import NIOCore
import ServerKit

// Clients' connections and their requests.
extension EdgeOption {
  static let connections: [EdgeOption] = [
    listener(
      "listen", "[ADDRESS:]PORT", pushpin: "runner/http_port",
      "Where clients connect, one address or more, separated by commas. Without an address it is every address of the "
        + "machine; port 0 picks a free one. `?proxy_protocol` behind it: every connection begins with a PROXY header; "
        + "`?http2`: HTTP/2 without TLS is understood as well.",
      isOfThis: { !$0.isSecure && $0.local == nil },
      read: { text throws(ListenAddressText.Fault) in try ListenAddressText.network(text, isSecure: false) }),
    listener(
      "listen-tls", "[ADDRESS:]PORT", pushpin: "runner/https_ports",
      "The same with TLS, and HTTP/2 for clients that want it (`?http2=false` turns it off).",
      isOfThis: \.isSecure,
      read: { text throws(ListenAddressText.Fault) in try ListenAddressText.network(text, isSecure: true) }),
    listener(
      "listen-local", "PATH", pushpin: "runner/local_ports",
      "Unix sockets: `path?mode=660&user=NAME&group=NAME`, what stands behind ? may be left out.",
      isOfThis: { $0.local != nil },
      read: { text throws(ListenAddressText.Fault) in try ListenAddressText.local(text) }),
    EdgeOption(
      "certificates", "DIR", .text,
      "Certificates for TLS: NAME.crt with its chain and NAME.key for the name that a client asks for, _.NAME for one level "
        + "below it, default_PORT for all others of a port. They are read again when they change. The default is "
        + "runner/certs beside the configuration file.",
      read: { $0.server.edge.tls.certificateDirectory },
      write: { settings, input throws(Fault) in
        settings.server.edge.tls.certificateDirectory =
          input.text.isEmpty ? "" : SystemFile.path(input.text, besides: input.source)
        return nil
      }),
    .time(
      "tls.handshake-timeout", \.server.edge.tls.handshakeTimeout, .milliseconds(1) ... .seconds(3600),
      help: "How long a TLS handshake may take."),
    .count(
      "tls.handshakes", \.server.edge.tls.maxHandshakes, 1...1_000_000,
      help: "TLS handshakes at once; beyond it connections are closed."),
    .count(
      "http2.streams", \.server.edge.http2.maxConcurrentStreams, 1...100_000,
      help: "Streams of one HTTP/2 connection at once."),
    .bytes(
      "http2.window", \.server.edge.http2.windowBytes, 1024...0x7FFF_FFFF,
      help: "What a client may send on a stream before it is read."),
    .bytes(
      "http2.output", \.server.edge.http2.outputBytes, 1024...0x7FFF_FFFF,
      help: "What may wait for one HTTP/2 stream that its client does not read."),
    .time(
      "http2.idle", \.server.edge.http2.idleTimeout, .milliseconds(1) ... .seconds(86_400),
      help: "How long an HTTP/2 connection may be without streams."),
    .count(
      "http2.resets", \.server.edge.http2.maxResets, 1...1_000_000,
      help: "Streams that a client may cancel within 30 s (CVE-2023-44487)."),
    .count(
      "http2.control-frames", \.server.edge.http2.maxControlFrames, 10...1_000_000,
      help: "Settings, pings and their like that a client may send within 30 s."),
    .flag(
      "http2.websocket", \.server.edge.http2.allowsWebSocket,
      help: "Whether WebSockets are offered on HTTP/2 (RFC 8441)."),
    .time(
      "timeouts.proxy-header", \.server.edge.proxyHeaderTimeout, .milliseconds(1) ... .seconds(3600),
      help: "How long the PROXY header of a connection may take."),
    .count(
      "port-offset", \.portOffset, 0...60_000, pushpin: "global/port_offset",
      help: "Is added to every port that is listened on."),
    .count(
      "event-loops", \.server.edge.loopCount, 1...64, pushpin: "proxy/workers",
      help: "Threads that serve clients. The default is one for each core."),
    EdgeOption(
      "log-level", "N", .list, pushpin: ["runner/log_level"],
      "0 errors, 1 warnings, 2 notices, 3 connections and requests, 4 everything. Of Pushpin's list for each of its "
        + "processes (2,proxy:3) the number without a name counts.",
      read: { String($0.logLevel) },
      write: { settings, input throws(Fault) in
        guard let level = EdgeFlags.level(input.text) else {
          throw Fault(text: "a number from 0 (errors) to 4 (everything)")
        }
        settings.logLevel = level
        return nil
      }),
    EdgeOption(
      "limits.connections", "N", .count(1...10_000_000), pushpin: ["runner/client_maxconn"],
      "Clients connected at once; beyond it nobody is accepted, and who comes waits in the kernel. The default is the "
        + "limit of open files less 1000.",
      read: { String($0.server.edge.maxConnections) },
      write: { settings, input throws(Fault) in
        guard let count = Int(input.text) else { return nil }
        let possible = EdgeSettings().server.edge.maxConnections
        settings.server.edge.maxConnections = max(settings.server.edge.loopCount, min(count, possible))
        guard count > possible else { return nil }
        return Fault(
          text: "the system allows \(possible) connections; raise the limit of open files for more", gravity: .warning)
      }),
    EdgeOption(
      "limits.head", "SIZE", .bytes(1024...16_777_216), pushpin: ["runner/client_buffer_size"],
      "Bytes of a request's head, request line and fields together; beyond it 431.",
      read: { ByteCount($0.server.edge.requestLimits.maxHeadBytes).description },
      write: { settings, input throws(Fault) in
        guard let bytes = ByteCount(input.text)?.bytes else { return nil }
        settings.server.edge.requestLimits.maxHeadBytes = bytes
        settings.server.edge.requestLimits.maxTargetBytes = min(
          settings.server.edge.requestLimits.maxTargetBytes, bytes / 2)
        return nil
      }),
    .bytes(
      "limits.target", \.server.edge.requestLimits.maxTargetBytes, 64...8_388_608,
      help: "Bytes of a request's target, path and query together; beyond it 414. Less than limits.head."),
    .count(
      "limits.fields", \.server.edge.requestLimits.maxFields, 1...1000, help: "Fields of a request; beyond it 431."),
    .bytes(
      "limits.body", \.server.edge.requestLimits.maxBodyBytes, 0...1_099_511_627_776,
      help: "Bytes of a request's body; beyond it 413."),
    .bytes(
      "limits.chunk-line", \.server.edge.requestLimits.maxChunkLineBytes, 16...65_536,
      help: "Bytes of a chunk's size line with its extensions."),
    .bytes(
      "limits.chunk-overhead", \.server.edge.requestLimits.chunkOverheadAllowance, 0...1_048_576,
      help: "Framing bytes of a chunked body that are always allowed; beyond them 16 for each byte of data."),
    .bytes(
      "limits.trailers", \.server.edge.requestLimits.maxTrailerBytes, 0...1_048_576,
      help: "Bytes of a request's trailers, which are read and dropped."),
    .bytes(
      "limits.pipelined", \.server.edge.maxPipelinedBytes, 0...16_777_216,
      help: "Bytes of further requests that wait behind the one being served; then the client is not read."),
    .bytes(
      "limits.replay", \.server.edge.maxReplayBytes, 0...104_857_600,
      help: "Bytes of a request's body that are kept, so that the request can be held and the origin asked again."),
    .time(
      "timeouts.head", \.server.edge.timeouts.head, .milliseconds(1) ... .seconds(3600),
      help: "From the first byte of a request to the end of its head; then 408."),
    .time(
      "timeouts.idle", \.server.edge.timeouts.idle, .milliseconds(1) ... .seconds(86_400),
      help: "How long a connection waits for its next request."),
    .time(
      "timeouts.body-grace", \.server.edge.timeouts.bodyGrace, .zero ... .seconds(3600),
      help: "How long a body may take before its rate counts."),
    .count(
      "timeouts.body-rate", \.server.edge.timeouts.bodyBytesPerSecond, 0...1_000_000_000,
      help: "The lowest average rate of a body after that, in bytes a second; then 408."),
    .time(
      "timeouts.stall", \.server.edge.timeouts.stall, .milliseconds(1) ... .seconds(86_400),
      help: "How long a client may leave a response unread while bytes wait for it."),
    .time(
      "timeouts.linger", \.server.edge.timeouts.linger, .milliseconds(1) ... .seconds(600),
      help: "How long input is read and dropped after the last response of a connection."),
    .time(
      "shutdown.grace", \.server.edge.shutdownGrace, .zero ... .seconds(86_400),
      pushpin: "runner/shutdown_grace", help: "How long a graceful stop lets requests under way finish."),
    .time(
      "shutdown.spread", \.server.delivery.shutdownSpread, .zero ... .seconds(86_400),
      pushpin: "runner/shutdown_spread",
      help: "How long a graceful stop takes to end what is held, so that clients do not all come back in one moment."),
  ]

  /// Addresses of one kind; those of other kinds stay.
  private static func listener(
    _ key: String, _ placeholder: String, pushpin: String, _ help: String,
    isOfThis: @escaping @Sendable (ListenAddress) -> Bool,
    read: @escaping @Sendable (String) throws(ListenAddressText.Fault) -> ListenAddress
  ) -> EdgeOption {
    EdgeOption(
      key, placeholder, .list, pushpin: [pushpin], help,
      read: { $0.server.edge.listen.filter(isOfThis).map(\.text).joined(separator: ", ") },
      write: { settings, input throws(Fault) in
        settings.server.edge.listen.removeAll(where: isOfThis)
        for text in input.list {
          do throws(ListenAddressText.Fault) {
            let address = try read(text)
            settings.server.edge.listen.append(address)
            if address.isSecure, settings.server.edge.tls.certificateDirectory.isEmpty {
              settings.server.edge.tls.certificateDirectory = SystemFile.path("runner/certs", besides: input.source)
            }
          } catch {
            throw Fault(text: error.text)
          }
        }
        return nil
      })
  }
}
