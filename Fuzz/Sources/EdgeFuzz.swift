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
