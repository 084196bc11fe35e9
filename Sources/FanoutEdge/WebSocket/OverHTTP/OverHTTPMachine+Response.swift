import GRIP
import HTTPTypes
import NIOCore

// How the fields and events of a response are read (GRIP proxy §15.3).
extension OverHTTPMachine {
  /// Whether a response is one of WebSocket-over-HTTP. The media type is compared exactly, without parameters.
  static func isEvents(_ head: ResponseHead) -> Bool {
    head.status == 200 && head.fields[.contentType] == GRIPWebSocketEvent.mediaType
  }

  /// `Content-Bytes-Accepted`; `nil` where it is not there. What is no number accepts more than there is, which fails.
  static func accepted(_ fields: HTTPFields) -> Int? {
    guard let text = fields[.contentBytesAccepted] else { return nil }
    return Int(text[...].trimmingBlanks()) ?? -1
  }

  /// Without what is between the origin and the proxy only.
  static func clientFields(_ fields: HTTPFields) -> HTTPFields {
    var fields = fields
    fields.removeFields { field in
      switch field.name.canonicalName {
      case "content-length", "content-type", "keep-alive-interval", "sec-websocket-extensions", "sec-websocket-accept":
        true
      default: field.name.canonicalName.hasPrefix("set-meta-")
      }
    }
    return fields
  }

  /// `Keep-Alive-Interval`: seconds, at least the minimum; 0, less or no number switches it off.
  ///
  /// - Returns: whether the response asks for one.
  mutating func readKeepAlive(_ fields: HTTPFields) -> Bool {
    guard let text = fields[.keepAliveInterval] else { return false }
    let seconds = Int(text[...].trimmingBlanks()) ?? 0
    keepAliveSeconds = seconds > 0 ? min(max(seconds, configuration.minKeepAliveSeconds), 86_400 * 365) : nil
    return keepAliveSeconds != nil
  }

  /// `Set-Meta-NAME`: kept, and sent back as `Meta-NAME`; an empty value is kept no longer.
  ///
  /// - Returns: `false` where it is too much.
  mutating func readMeta(_ fields: HTTPFields) -> Bool {
    for field in fields where field.name.canonicalName.hasPrefix("set-meta-") {
      let name = String(field.name.rawName.dropFirst("set-meta-".count))
      guard !name.isEmpty else { continue }
      meta.removeAll { $0.name.lowercased() == name.lowercased() }
      if !field.value.isEmpty { meta.append(Meta(name: name, value: field.value)) }
    }
    return meta.count <= configuration.maxMetaCount
  }

  /// An event as frames, none longer than the limit.
  func frames(_ event: GRIPWebSocketEvent) -> [SocketFrame] {
    switch event {
    case .text(let text): cut(.text, ByteBuffer(string: text))
    case .binary(let bytes): cut(.binary, ByteBuffer(bytes: bytes))
    case .ping(let payload): [SocketFrame(.ping, ByteBuffer(bytes: payload))]
    case .pong(let payload): [SocketFrame(.pong, ByteBuffer(bytes: payload))]
    case .open, .close, .disconnect: []
    }
  }

  private func cut(_ kind: SocketFrame.Kind, _ content: ByteBuffer) -> [SocketFrame] {
    var rest = content
    var frames: [SocketFrame] = []
    repeat {
      let part = rest.readSlice(length: min(rest.readableBytes, configuration.maxFrameBytes)) ?? ByteBuffer()
      frames.append(SocketFrame(kind, part, isFirst: frames.isEmpty, isLast: rest.readableBytes == 0))
    } while rest.readableBytes > 0
    return frames
  }
}
