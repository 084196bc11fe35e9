import HTTPTypes
package import NIOCore

/// Reads the responses of one origin connection, one request at a time.
///
/// Every ambiguity is a fault (two lengths, a length beside chunks, other codings, bytes that nobody asked for): the
/// exchange fails with 502 and the connection is not used again (RFC 9112 §6.3).
package struct ResponseParser: Sendable {
  /// What came out.
  package enum Event: Sendable, Equatable {
    case needsMore
    /// Interim responses are read over and never come out; 101 only where it was asked for, and what follows it is not
    /// HTTP.
    case head(ResponseHead, BodyFraming)
    case body(ByteBuffer)
    case end
  }

  private enum State {
    case idle
    case head(HeadScanner)
    case body(BodyDecoder)
    case failed
  }

  private var state = State.idle
  private let limits: MessageLimits
  private var isHead = false
  private var interimCount = 0
  private var isUpgradeAsked = false

  package init(limits: MessageLimits) {
    var limits = limits
    // A response is relayed as it comes and never stored: its length has no limit.
    limits.maxBodyBytes = .max
    self.limits = limits
  }

  /// A request with this method has been sent: its response follows.
  ///
  /// - Parameter asksUpgrade: whether it may be answered with 101.
  package mutating func requestSent(method: String, asksUpgrade: Bool = false) {
    isHead = method == "HEAD"
    isUpgradeAsked = asksUpgrade
    interimCount = 0
    state = .head(HeadScanner())
  }

  /// Whether no response is under way, so that any byte is one too many.
  package var isIdle: Bool {
    if case .idle = state { true } else { false }
  }

  /// The next event; takes the bytes that it used.
  package mutating func next(_ buffer: inout ByteBuffer) throws(HeadFault) -> Event {
    do throws(HeadFault) {
      switch state {
      case .failed, .idle: return .needsMore
      case .head(let scanner): return try nextHead(&buffer, scanner)
      case .body(var decoder):
        let event = try decoder.next(&buffer)
        state = .body(decoder)
        switch event {
        case .needsMore: return .needsMore
        case .bytes(let bytes): return .body(bytes)
        case .end:
          state = .idle
          return .end
        }
      }
    } catch {
      state = .failed
      throw error
    }
  }

  /// The origin has closed: `true` where that ended the body as it should.
  package mutating func inputClosed() -> Bool {
    defer { state = .failed }
    if case .body(let decoder) = state { return decoder.endsAtClose }
    return false
  }

  private mutating func nextHead(_ buffer: inout ByteBuffer, _ start: HeadScanner) throws(HeadFault) -> Event {
    var scanner = start
    while true {
      let progress = buffer.withUnsafeReadableBytes { scanner.scan($0) }
      state = .head(scanner)
      switch progress {
      case .malformed(let fault): throw fault
      case .incomplete:
        guard buffer.readableBytes <= limits.maxHeadBytes else { throw HeadFault("the response head is too large") }
        return .needsMore
      case .complete(let length):
        guard length <= limits.maxHeadBytes, let bytes = buffer.readSlice(length: length) else {
          throw HeadFault("the response head is too large")
        }
        let (head, framing) = try read(bytes)
        if head.status >= 200 {
          state = .body(BodyDecoder(framing: framing, limits: limits))
          return .head(head, framing)
        }
        if head.status == 101, isUpgradeAsked {
          state = .idle
          return .head(head, .none)
        }
        guard head.status != 101 else { throw HeadFault("the origin switched protocols without being asked") }
        interimCount += 1
        guard interimCount <= limits.maxInterimResponses else { throw HeadFault("too many interim responses") }
        scanner = HeadScanner()
      }
    }
  }

  private func read(_ bytes: ByteBuffer) throws(HeadFault) -> (ResponseHead, BodyFraming) {
    var result: Result<ResponseHead, HeadFault> = .failure(HeadFault("the response head is empty"))
    bytes.withUnsafeReadableBytes { raw in
      do throws(HeadFault) { result = .success(try readHead(raw)) } catch { result = .failure(error) }
    }
    var head = try result.get()
    let framing = try framing(of: head)
    head.fields[.transferEncoding] = nil
    return (head, framing)
  }

  private func readHead(_ bytes: UnsafeRawBufferPointer) throws(HeadFault) -> ResponseHead {
    var lines = HeadLines(bytes)
    guard let line = lines.next(), line.count >= 12 else { throw HeadFault("the status line is too short") }
    let text = String(decoding: line, as: UTF8.self)
    guard text.hasPrefix("HTTP/1.1 ") || text.hasPrefix("HTTP/1.0 ") else {
      throw HeadFault("the status line does not begin with HTTP/1.1 or HTTP/1.0")
    }
    let digits = line[9..<12]
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }), line.count == 12 || line[12] == 0x20 else {
      throw HeadFault("the status is not a number of three digits")
    }
    let status = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    guard status >= 100 else { throw HeadFault("the status is below 100") }
    for byte in line where byte < 0x20 && byte != 0x09 || byte == 0x7F {
      throw HeadFault("the status line contains a control character")
    }
    var fields = HTTPFields()
    while let line = lines.next() { try FieldLine.append(line, to: &fields, limit: limits.maxFields) }
    return ResponseHead(
      status: status, reason: line.count > 13 ? String(decoding: line[13...], as: UTF8.self) : "",
      minorVersion: text.hasPrefix("HTTP/1.1") ? 1 : 0, fields: fields)
  }

  private func framing(of head: ResponseHead) throws(HeadFault) -> BodyFraming {
    let length = try FieldLine.contentLength(of: head.fields)
    let isChunked = try FieldLine.isChunked(head.fields)
    if isChunked, length != nil { throw HeadFault("there is both a Content-Length and a Transfer-Encoding") }
    if isChunked, head.minorVersion == 0 { throw HeadFault("Transfer-Encoding needs HTTP/1.1") }
    if isHead || head.status < 200 || head.status == 204 || head.status == 304 { return .none }
    if isChunked { return .chunked }
    return length.map(BodyFraming.length) ?? .untilClose
  }
}
