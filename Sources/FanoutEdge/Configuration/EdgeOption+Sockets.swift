import NIOCore
import ServerKit

// Proxied WebSockets.
extension EdgeOption {
  static let sockets: [EdgeOption] = [
    .flag(
      "websocket.compression", \.server.edge.sockets.allowsCompression, pushpin: "runner/allow_compression",
      help: "Whether permessage-deflate is agreed with clients and offered to origins."),
    .count(
      "websocket.compression-level", \.server.edge.sockets.compressionLevel, 1...9,
      pushpin: "proxy/websocket_compression_level", help: "From 1 (fast) to 9 (small)."),
    .flag(
      "websocket.answer-pings", \.server.edge.sockets.answersPings, pushpin: "proxy/websocket_answer_pings",
      help: "Whether the edge answers clients' pings itself; otherwise they pass to the origin."),
    .time(
      "websocket.ping-interval", \.server.edge.sockets.pingInterval, .zero ... .seconds(86_400),
      pushpin: "proxy/websocket_ping_interval", help: "After how much silence a client gets a ping; 0 for never."),
    .time(
      "websocket.ping-timeout", \.server.edge.sockets.pingGrace, .milliseconds(1) ... .seconds(3600),
      pushpin: "proxy/websocket_ping_timeout", help: "How long it has then to say anything at all."),
    .time(
      "websocket.close-timeout", \.server.edge.sockets.closeTimeout, .milliseconds(1) ... .seconds(3600),
      pushpin: "proxy/websocket_close_timeout", help: "How long the other side has to answer a close frame."),
    unboundedBytes(
      "websocket.message", \.server.edge.sockets.maxMessageBytes, "proxy/websocket_max_message_size",
      "Bytes of one message, inflated, or `none`: it is passed on in pieces and never kept."),
    unboundedBytes(
      "websocket.frame", \.server.edge.sockets.maxFrameBytes, "proxy/websocket_max_frame_size",
      "Bytes of one frame, or `none`."),
    .bytes(
      "websocket.inflated", \.server.edge.sockets.maxInflatedBytes, 125...1_099_511_627_776,
      pushpin: "proxy/websocket_max_inflated_size", help: "Bytes of one message that came compressed, inflated."),
    .bytes(
      "websocket.queue", \.server.edge.sockets.maxQueuedBytes, 65_536...1_073_741_824,
      pushpin: "proxy/websocket_max_queue",
      help: "Bytes that may wait for one client; beyond it the client is dropped as slow."),
    .bytes(
      "websocket.rejection", \.server.edge.sockets.maxRejectionBytes, 1024...1_073_741_824,
      pushpin: "proxy/websocket_max_rejection", help: "Bytes of an origin's refusal, which is passed on whole."),
    .bytes(
      "websocket.whole-frame", \.server.edge.sockets.wholeOriginFrameBytes, 0...1_048_576,
      help: "Bytes of a frame of an origin's that are read whole, so that control messages are seen whole."),
    .count(
      "websocket.origins", \.server.edge.sockets.maxOriginSockets, 1...10_000_000,
      pushpin: "proxy/websocket_max_origins",
      help: "Native WebSockets to origins; beyond it 503. The default is half of the limit of open files."),
  ]

  private static func unboundedBytes(_ key: String, _ path: any Path<Int>, _ pushpin: String, _ help: String)
    -> EdgeOption
  {
    EdgeOption(
      key, "SIZE|none", .text, pushpin: [pushpin], help,
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
