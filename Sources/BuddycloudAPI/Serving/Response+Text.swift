import GRIP
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
  /// A text of some type.
  init(_ text: String, type: String, status: HTTPResponse.Status = .ok) {
    self.init(status: status, headers: [.contentType: type], body: .text(text))
  }

  /// A plain text.
  static func plain(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(text, type: "text/plain; charset=utf-8", status: status)
  }

  /// The bare `OK` that says that something was done.
  static var done: Response { .plain("OK") }

  /// JSON.
  static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
    Response(value.text, type: "application/json; charset=utf-8", status: status)
  }
}

extension ResponseBody {
  /// A body that is a text.
  static func text(_ text: String) -> ResponseBody {
    ResponseBody(byteBuffer: ByteBuffer(string: text))
  }
}

extension ResponseBodyWriter {
  /// Writes a text.
  mutating func write(text: String) async throws {
    try await write(ByteBuffer(string: text))
  }
}
