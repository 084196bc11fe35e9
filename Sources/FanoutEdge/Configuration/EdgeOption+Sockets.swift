import ServerKit

// WebSockets.
extension EdgeOption {
  static let sockets: [EdgeOption] = [
    .flag(
      "websocket.compression", \.server.edge.sockets.allowsCompression, pushpin: "runner/allow_compression",
      help: "Whether permessage-deflate is agreed with clients and origins that offer it (RFC 7692)."),
    .count(
      "websocket.compression-level", \.server.edge.sockets.compressionLevel, 1...9,
      help: "1 compresses fastest, 9 best."),
    .flag(
      "websocket.answer-pings", \.server.edge.sockets.answersPings,
      help: "Whether the edge answers clients' pings itself; otherwise origins get them."),
    .time(
      "websocket.ping-interval", \.server.edge.sockets.pingInterval, .zero ... .seconds(86_400),
      help: "Clients that have been silent for so long are sent a ping; 0 sends none."),
    .time(
      "websocket.ping-timeout", \.server.edge.sockets.pingGrace, .seconds(1) ... .seconds(3600),
      help: "How long a client may take to answer a ping."),
    .time(
      "websocket.origin-ping-interval", \.server.edge.sockets.originPingInterval, .zero ... .seconds(86_400),
      help: "Origins that speak WebSocket and have been silent for so long are sent a ping; 0 sends none."),
    .time(
      "websocket.origin-ping-timeout", \.server.edge.sockets.originPingGrace, .seconds(1) ... .seconds(3600),
      help: "How long an origin may take to answer a ping before its WebSockets count as lost."),
    .time(
      "websocket.close-timeout", \.server.edge.sockets.closeTimeout, .seconds(1) ... .seconds(3600),
      help: "How long the other side may take to answer a close frame."),
    unboundedBytes(
      "websocket.max-message", \.server.edge.sockets.maxMessageBytes,
      "The largest message of a client or an origin, or `none`. Messages are passed on in pieces, so that a large one "
        + "needs no memory."),
    unboundedBytes(
      "websocket.max-frame", \.server.edge.sockets.maxFrameBytes,
      "The largest frame of a client or an origin, or `none`."),
    .bytes(
      "websocket.max-inflated", \.server.edge.sockets.maxInflatedBytes, 125...Int.max,
      help: "The largest message after decompression."),
    .bytes(
      "websocket.max-queue", \.server.edge.sockets.maxQueuedBytes, 65_536...1_073_741_824,
      help: "What may wait for one client that does not read."),
    .count(
      "websocket.max-origins", \.server.edge.sockets.maxOriginSockets, 1...10_000_000,
      help: "WebSockets to origins at once. The default is half of the limit of open files."),
    .bytes(
      "websocket.max-rejection", \.server.edge.sockets.maxRejectionBytes, 1024...1_073_741_824,
      help: "The largest body of an origin's answer that refuses a WebSocket."),
    .bytes(
      "websocket.piece", \.server.edge.sockets.pieceBytes, 1024...16_777_216,
      help: "Frames larger than this are passed on in pieces of at least this size."),
    .bytes(
      "websocket.whole-frame", \.server.edge.sockets.wholeOriginFrameBytes, 0...1_048_576,
      help: "Frames of origins up to this size are read whole, so that orders to the edge are recognised in them."),
    .time(
      "websocket.resume-timeout", \.server.delivery.resumeTimeout, .milliseconds(1) ... .seconds(3600),
      help: "How long an origin may take to tell where a reliable WebSocket goes on, before it is asked again."),
  ]

  /// WebSockets whose origins are asked over HTTP.
  static let socketsOverHTTP: [EdgeOption] = [
    .bytes(
      "websocket.over-http.max-message", \.server.edge.overHTTP.maxMessageBytes, 1024...1_073_741_824,
      help:
        "What may wait of a client's messages for their origin, and so the largest of them; a longer one closes the "
        + "WebSocket with 1009."),
    .bytes(
      "websocket.over-http.max-response", \.server.edge.overHTTP.maxResponseBytes, 1024...1_073_741_824,
      help: "The largest response of an origin."),
    .bytes(
      "websocket.over-http.max-rejection", \.server.edge.overHTTP.maxRejectionBytes, 0...1_073_741_824,
      help: "The largest response of an origin that refuses a WebSocket."),
    .bytes(
      "websocket.over-http.max-frame", \.server.edge.overHTTP.maxFrameBytes, 125...1_073_741_824,
      help: "The largest frame to a client; longer messages of an origin go in several."),
    .count(
      "websocket.over-http.max-meta", \.server.edge.overHTTP.maxMetaCount, 0...1_000_000,
      help: "Values that an origin may keep with a WebSocket (Set-Meta-…)."),
    .count(
      "websocket.over-http.retries", \.server.edge.overHTTP.retries, 0...16,
      help: "How often a request that did not reach its origin is sent again, after 1, 2, 4, … s and up to one more."),
    .count(
      "websocket.over-http.min-keep-alive", \.server.edge.overHTTP.minKeepAliveSeconds, 1...86_400,
      help: "The shortest Keep-Alive-Interval of an origin, in seconds; what is below counts as this."),
    .count(
      "websocket.over-http.max-cleanups", \.server.edge.overHTTP.maxCleanups, 0...100_000_000,
      help:
        "WebSockets, per event loop, whose origin is being told that the client has gone; beyond it origins are not "
        + "told."),
  ]

  private static func unboundedBytes(_ key: String, _ path: any Path<Int>, _ help: String) -> EdgeOption {
    EdgeOption(
      key, "SIZE|none", .text, help,
      read: { $0[keyPath: path] == Int.max ? "none" : ByteCount($0[keyPath: path]).description },
      write: { settings, input throws(Fault) in
        guard let bytes = input.text == "none" ? Int.max : ByteCount(input.text)?.bytes, bytes >= 125 else {
          throw Fault(text: "a size such as 64KiB from 125 on, or none")
        }
        settings[keyPath: path] = bytes
        return nil
      })
  }
}
