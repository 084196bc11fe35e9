public import HTTPTypes

extension GRIPInstruction {
  /// Whether a response with these fields carries an instruction: any `Grip-…` name, or the media type
  /// `application/grip-instruct` (compared without regard to case, RFC 9110 §8.3.1).
  public static func isPresent(in headers: HTTPFields) -> Bool {
    headers.contains { GRIPFields.isGRIP($0.name) } || GRIPFields.isInstructDocument(headers)
  }

  /// The elements of `Grip-Channel` that are left out because their quoting is broken, for whoever looks for a fault.
  package static func unreadableChannels(in headers: HTTPFields) -> [String] {
    let values = headers[values: .gripChannel]
    return values.contains { $0.utf8.contains(UInt8(ascii: "\"")) } ? HeaderElement.unreadable(values) : []
  }

  /// Reads the instruction of a response, and what is left of the response for the client.
  ///
  /// In header form that is the response without `Grip-…`, `Connection`, `Keep-Alive`, `Content-Encoding`,
  /// `Transfer-Encoding` and `Content-Length`, with `Grip-Status` and `Grip-Expose-Headers` applied. In body form it is
  /// what the document says, and nothing of the response that carried it.
  ///
  /// **Errors**: the first thing that is wrong; a proxy answers 502.
  /// **Spec**: GRIP §7. Deviates: base64 is read strictly (both alphabets, padding or none), because a lenient reader
  /// turns a mistake into other bytes.
  public static func decode(
    status: Int, reason: String?, headers: HTTPFields, body: [UInt8], limits: GRIPLimits = GRIPLimits()
  ) throws(GRIPDecodingError) -> (instruction: GRIPInstruction, response: GRIPResponse) {
    var parts = try InstructionParts(fields: headers, limits: limits)
    if GRIPFields.isInstructDocument(headers) {
      guard status == 200 else { throw GRIPDecodingError("an instruction document must come with status 200") }
      let response = try parts.read(document: body, limits: limits)
      return (parts.instruction, response)
    }
    var response = GRIPResponse(status: status, reason: reason, body: body)
    if let given = parts.status {
      response.status = given.code
      response.reason = given.reason
    }
    let exposed = Set(parts.exposedHeaders.map { $0.lowercased() })
    for field in headers where !GRIPFields.isGRIP(field.name) && !GRIPFields.isHopField(field.name) {
      if exposed.isEmpty || exposed.contains(field.name.canonicalName) { response.headers.append(field) }
    }
    return (parts.instruction, response)
  }

  /// The header form: the `Grip-…` fields to add to a response.
  ///
  /// **Errors**: a name or id that a header cannot carry (line breaks and other controls; in a channel's name also
  /// `;`, `,`, `"` and blanks at its ends): use the body form for those that hold no control character.
  ///
  /// - Parameter limits: bounds of names, ids and filters.
  public func headerFields(limits: GRIPLimits = GRIPLimits()) throws(GRIPEncodingError) -> HTTPFields {
    var fields = HTTPFields()
    switch hold {
    case .response(let timeout):
      fields[.gripHold] = "response"
      fields[.gripTimeout] = String(try WholeSeconds.count(timeout, of: "a hold's timeout"))
    case .stream(let keepAlive):
      fields[.gripHold] = "stream"
      if let keepAlive { fields[.gripKeepAlive] = try keepAlive.headerValue() }
    case nil: break
    }
    var elements: [String] = []
    for channel in channels { elements.append(try channel.headerElement(limits: limits)) }
    if !elements.isEmpty { fields[.gripChannel] = elements.joined(separator: ", ") }
    if !meta.isEmpty { fields[.gripSetMeta] = try metaValue() }
    fields.append(contentsOf: try linkFields())
    return fields
  }

  /// The header form with the status that the client is to see, for servers that would strip a 304 of its fields:
  /// answer 200 and let `Grip-Status` say the rest.
  ///
  /// - Parameters:
  ///   - status: 0 to 999.
  ///   - reason: `nil` takes the standard phrase.
  ///   - limits: bounds of names, ids and filters.
  public func headerFields(
    status: Int, reason: String? = nil, limits: GRIPLimits = GRIPLimits()
  ) throws(GRIPEncodingError) -> HTTPFields {
    var fields = try headerFields(limits: limits)
    guard (0...999).contains(status) else { throw GRIPEncodingError("a status must be between 0 and 999") }
    guard FieldText.isFieldValue(reason ?? "") else { throw GRIPEncodingError("a reason holds a control character") }
    let phrase = FieldText.trimmed(reason ?? "")
    fields[.gripStatus] = phrase.isEmpty ? String(status) : "\(status) \(phrase)"
    return fields
  }

  /// The fields that go with `document(wrapping:)`: its `Content-Type`, and what only headers can say (`Grip-Link`,
  /// `Grip-Last`, `Grip-Expose-Headers`).
  public func documentFields() throws(GRIPEncodingError) -> HTTPFields {
    var fields = try linkFields()
    fields[.contentType] = GRIPFields.instructMediaType
    return fields
  }

  /// The body form: the bytes of an `application/grip-instruct` document that wraps `response`.
  ///
  /// Links, last ids and exposed headers have no place in a document: send `documentFields()` with it.
  ///
  /// - Parameter limits: bounds of names, ids and filters.
  public func document(
    wrapping response: GRIPResponse, limits: GRIPLimits = GRIPLimits()
  ) throws(GRIPEncodingError) -> [UInt8] {
    var writer = JSONWriter(capacity: response.body.count + 512)
    writer.beginObject()
    if hold != nil {
      writer.name("hold")
      try writeHold(to: &writer, limits: limits)
    }
    writer.name("response")
    try response.write(to: &writer)
    writer.endObject()
    return writer.bytes
  }

  private func linkFields() throws(GRIPEncodingError) -> HTTPFields {
    var fields = HTTPFields()
    var links: [String] = []
    if let nextLink {
      let seconds = try WholeSeconds.count(nextLink.timeout, of: "a next link's timeout")
      links.append("<\(try checked(nextLink.uri))>; rel=next; timeout=\(seconds)")
    }
    if let goneLink { links.append("<\(try checked(goneLink))>; rel=gone") }
    if !links.isEmpty { fields[.gripLink] = links.joined(separator: ", ") }
    if !lastIDs.isEmpty { fields.append(contentsOf: try GRIPLast.fields(lastIDs)) }
    for name in exposedHeaders where HTTPField.Name(name) == nil {
      throw GRIPEncodingError("the name of an exposed header is not a token")
    }
    if !exposedHeaders.isEmpty { fields[.gripExposeHeaders] = exposedHeaders.joined(separator: ", ") }
    return fields
  }

  private func checked(_ uri: String) throws(GRIPEncodingError) -> String {
    guard LinkURI.isValid(uri) else {
      throw GRIPEncodingError("a link's URI is empty or holds a character that must be percent-encoded")
    }
    return uri
  }

  private func metaValue() throws(GRIPEncodingError) -> String {
    var pairs: [String] = []
    for (name, value) in meta.sorted(by: { $0.key < $1.key }) {
      guard FieldText.isPlain(name), !name.utf8.contains(UInt8(ascii: "=")), !FieldText.hasControls(name),
        FieldText.isFieldValue(value)
      else { throw GRIPEncodingError("a meta name or value holds what a header cannot carry") }
      pairs.append("\(name)=\(FieldText.quoted(value))")
    }
    return pairs.joined(separator: ", ")
  }
}

extension GRIPChannel {
  /// Whether the header form can carry this channel; the body form can where only this is `false`.
  public var isHeaderSafe: Bool {
    FieldText.isPlain(name) && !FieldText.hasControls(name)
  }

  /// The channel as an element of `Grip-Channel`.
  func headerElement(limits: GRIPLimits) throws(GRIPEncodingError) -> String {
    if let problem = NameRules.problem(self, limits: limits) { throw GRIPEncodingError(problem) }
    guard isHeaderSafe else {
      throw GRIPEncodingError("a channel name holds what a header cannot carry (; , \" or blanks at its ends)")
    }
    var element = name
    if let previousID { element += "; prev-id=\(FieldText.parameterValue(previousID))" }
    for filter in filters { element += "; filter=\(FieldText.parameterValue(filter))" }
    return element
  }
}
