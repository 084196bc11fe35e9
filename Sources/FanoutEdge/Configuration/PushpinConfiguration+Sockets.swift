import NIOCore

// Options for proxied WebSockets. `allow_compression` is Pushpin's; those that begin with `websocket_` are ours, in [proxy].
extension PushpinConfiguration {
  /// Takes a setting over, where it is one of these.
  mutating func applySocket(_ entry: INIFile.Entry) -> Bool {
    switch entry.key {
    case "websocket_answer_pings": if let isOn = boolean(entry) { server.edge.sockets.answersPings = isOn }
    case "websocket_ping_interval":
      if let time = integer(entry, in: 0...86_400) { server.edge.sockets.pingInterval = .seconds(Int64(time)) }
    case "websocket_ping_timeout":
      if let time = integer(entry, in: 1...3600) { server.edge.sockets.pingGrace = .seconds(Int64(time)) }
    case "websocket_close_timeout":
      if let time = integer(entry, in: 1...3600) { server.edge.sockets.closeTimeout = .seconds(Int64(time)) }
    case "websocket_max_message_size":
      if let bytes = integer(entry, in: 125...Int.max) { server.edge.sockets.maxMessageBytes = bytes }
    case "websocket_max_frame_size":
      if let bytes = integer(entry, in: 125...Int.max) { server.edge.sockets.maxFrameBytes = bytes }
    case "websocket_max_inflated_size":
      if let bytes = integer(entry, in: 125...Int.max) { server.edge.sockets.maxInflatedBytes = bytes }
    case "websocket_compression_level":
      if let level = integer(entry, in: 1...9) { server.edge.sockets.compressionLevel = level }
    case "websocket_max_queue":
      if let bytes = integer(entry, in: 65_536...1_073_741_824) { server.edge.sockets.maxQueuedBytes = bytes }
    case "websocket_max_origins":
      if let count = integer(entry, in: 1...10_000_000) { server.edge.sockets.maxOriginSockets = count }
    case "websocket_max_rejection":
      if let bytes = integer(entry, in: 1024...1_073_741_824) { server.edge.sockets.maxRejectionBytes = bytes }
    default: return false
    }
    return true
  }
}
