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
      "websocket.whole-frame", \.server.edge.sockets.wholeOriginFrameBytes, 0...1_048_576,
      help: "Frames of origins up to this size are read whole, so that orders to the edge are recognised in them."),
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
