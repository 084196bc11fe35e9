import FanoutEdge
import NIOCore

/// Routes: every line is used, or told of with its number.
enum RoutesFuzz {
  private struct Unreadable: Error {}

  static func run(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    let reading = RouteParser(readFile: { _ in throw Unreadable() }).read(text: text, source: "routes")
    for route in reading.table.routes {
      precondition(!route.targets.isEmpty, "a route without a target")
      _ = route.originTarget(of: "/a?b")
    }
    for path in ["/", "/a/b", "*"] { _ = reading.table.match(host: "example.org", path: path[...]) }
  }
}

/// HTTP/1.1 framing: bytes mean the same, however they are cut, and what is read as whole is written back as it was meant.
enum FramingFuzz {
  static func run(_ input: [UInt8]) {
    guard let cut = input.first else { return }
    let bytes = Array(input.dropFirst())
    let whole = requestEvents([bytes])
    let middle = bytes.isEmpty ? 0 : Int(cut) * bytes.count / 256
    precondition(requestEvents([Array(bytes[..<middle]), Array(bytes[middle...])]) == whole, "a cut changes a request")
    let answer = responseEvents([bytes])
    precondition(
      responseEvents([Array(bytes[..<middle]), Array(bytes[middle...])]) == answer, "a cut changes a response")
  }

  /// What a sequence of requests is read as, bodies joined.
  private static func requestEvents(_ parts: [[UInt8]]) -> [String] {
    var parser = RequestParser(limits: MessageLimits())
    var events: [String] = []
    var body: [UInt8] = []
    var buffer = ByteBuffer()
    for part in parts {
      buffer.writeBytes(part)
      do throws(HeadFault) {
        reading: while true {
          switch try parser.next(&buffer) {
          case .needsMore: break reading
          case .head(let head, let framing, let expectsContinue):
            events.append("\(head) \(framing) \(expectsContinue)")
          case .body(let bytes): body.append(contentsOf: bytes.readableBytesView)
          case .end:
            events.append("body \(body)")
            body = []
          }
        }
      } catch {
        return events + ["body \(body)", "fault \(error.status)"]
      }
    }
    return events + ["body \(body)"]
  }

  private static func responseEvents(_ parts: [[UInt8]]) -> [String] {
    var parser = ResponseParser(limits: MessageLimits())
    parser.requestSent(method: "GET")
    var events: [String] = []
    var body: [UInt8] = []
    var buffer = ByteBuffer()
    for part in parts {
      buffer.writeBytes(part)
      do throws(HeadFault) {
        reading: while true {
          switch try parser.next(&buffer) {
          case .needsMore: break reading
          case .head(let head, let framing): events.append("\(head) \(framing)")
          case .body(let bytes): body.append(contentsOf: bytes.readableBytesView)
          case .end:
            events.append("body \(body)")
            return events
          }
        }
      } catch {
        return events + ["body \(body)", "fault \(error.status)"]
      }
    }
    return events + ["body \(body)"]
  }
}

/// WebSocket frames of clients and of origins: bytes mean the same, however they are cut.
enum FramesFuzz {
  static func run(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let bytes = Array(input.dropFirst())
    let middle = bytes.isEmpty ? 0 : Int(first) * bytes.count / 256
    for peer in [SocketFrameParser.Peer.client, .server] {
      for inflation in [SocketReader.Inflation.none, .perMessage] {
        let whole = events([bytes], peer, inflation)
        let cut = events([Array(bytes[..<middle]), Array(bytes[middle...])], peer, inflation)
        precondition(whole == cut, "a cut changes frames")
      }
    }
  }

  /// What frames are read as: messages joined, however many parts they came in.
  private static func events(
    _ parts: [[UInt8]], _ peer: SocketFrameParser.Peer, _ inflation: SocketReader.Inflation
  ) -> [String] {
    var limits = SocketReader.Limits()
    limits.inflatedBytes = 1_048_576
    var reader = SocketReader(peer, inflation: inflation, limits: limits)
    var events: [String] = []
    var message: [UInt8] = []
    var buffer = ByteBuffer()
    for part in parts {
      buffer.writeBytes(part)
      do throws(SocketFault) {
        reading: while true {
          switch try reader.next(&buffer) {
          case .needsMore: break reading
          case .close(let close): return events + ["\(message)", "close \(close)"]
          case .frame(let frame) where frame.kind == .ping || frame.kind == .pong:
            events.append("\(frame.kind) \(Array(frame.payload.readableBytesView))")
          case .frame(let frame):
            message.append(contentsOf: frame.payload.readableBytesView)
            guard frame.isLast else { continue }
            events.append("\(frame.kind) \(message)")
            message = []
          }
        }
      } catch {
        // How much of a message had been read before its fault depends on the cut.
        return events + ["fault \(error.code)"]
      }
    }
    return events + ["\(message)"]
  }
}
