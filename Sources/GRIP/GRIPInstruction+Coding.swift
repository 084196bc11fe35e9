public import HTTPTypes

extension GRIPInstruction {
  /// Whether a response with these fields carries an instruction: any `Grip-…` name, or the media type
  /// `application/grip-instruct` (compared without regard to case, RFC 9110 §8.3.1).
  public static func isPresent(in headers: HTTPFields) -> Bool { fatalError() }

  /// Reads the instruction of a response, and what is left of the response for the client.
  public static func decode(
    status: Int, reason: String?, headers: HTTPFields, body: [UInt8]
  ) throws(GRIPDecodingError) -> (instruction: GRIPInstruction, response: GRIPResponse) { fatalError() }

  /// The header form: the `Grip-…` fields to add to a response.
  public func headerFields() throws(GRIPEncodingError) -> HTTPFields { fatalError() }

  /// The body form: the bytes of an `application/grip-instruct` document that wraps `response`.
  public func document(wrapping response: GRIPResponse) throws(GRIPEncodingError) -> [UInt8] { fatalError() }
}
