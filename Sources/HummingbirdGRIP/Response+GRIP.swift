public import GRIP
import HTTPTypes
public import Hummingbird
import NIOCore

extension Response {
  /// The response that makes the proxy hold, in body form (`application/grip-instruct`).
  ///
  /// `Grip-Link`, `Grip-Last` and `Grip-Expose-Headers`, which the body form does not have, go as headers beside it.
  ///
  /// - Parameter response: what the client gets: at the time-out of a long-poll, or as the start of a stream.
  public static func hold(_ instruction: GRIPInstruction, response: GRIPResponse) throws -> Response {
    let document = try instruction.document(wrapping: response)
    return Response(
      status: .ok, headers: try instruction.documentFields(),
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: document)))
  }

  /// This response with the instruction in header form, to be held with what it says itself.
  ///
  /// A status other than 200 travels as `Grip-Status`: servers, ours included, strip a 304 or 204 of its body's fields.
  ///
  /// **Errors**: a channel name that a header cannot carry; use `hold(_:response:)` for it.
  public func held(_ instruction: GRIPInstruction) throws -> Response {
    var response = self
    let fields =
      status == .ok
      ? try instruction.headerFields()
      : try instruction.headerFields(status: status.code, reason: status.reasonPhrase)
    response.status = .ok
    for name in Set(fields.map(\.name)) { response.headers[name] = nil }
    response.headers.append(contentsOf: fields)
    return response
  }
}
