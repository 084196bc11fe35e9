import HTTPTypes
import NIOCore
import NIOHPACK

/// Reads the HTTP/1.1 response that a `DownstreamConnection` writes, for a stream of HTTP/2.
///
/// The bytes are our own: a fault in them is a fault of the edge, and resets the stream.
///
/// Pure.
struct StreamResponseReader {
  /// What came out.
  enum Event: Equatable {
    case needsMore
    /// `100 Continue`; other interim responses are read over.
    case continueResponse
    /// The protocol is switched: what follows are bytes of a WebSocket.
    case switched(HPACKHeaders)
    /// A final head; `isWhole` where nothing follows.
    case head(status: Int, HPACKHeaders, isWhole: Bool)
    case body(ByteBuffer)
    case end
  }

  private enum State {
    case head(HeadScanner)
    case body(BodyDecoder)
    case switched
    case ended
  }

  /// Heads have been bounded where they came from; the hold table adds a few fields.
  private static let limits: MessageLimits = {
    var limits = MessageLimits()
    limits.maxHeadBytes = 1 << 20
    limits.maxFields = 2000
    limits.maxBodyBytes = .max
    limits.chunkOverheadAllowance = .max / 4
    return limits
  }()

  private var state = State.head(HeadScanner())
  private var input = ByteBuffer()
  private let isHead: Bool

  /// - Parameter method: of the request.
  init(method: String) { isHead = method == "HEAD" }

  /// Adds bytes.
  mutating func append(_ bytes: ByteBuffer) {
    if input.readableBytes == 0 {
      input = bytes
    } else {
      input.writeImmutableBuffer(bytes)
    }
  }

  /// The next event.
  mutating func next() throws(HeadFault) -> Event {
    switch state {
    case .ended: return .needsMore
    case .switched:
      guard input.readableBytes > 0 else { return .needsMore }
      defer { input = ByteBuffer() }
      return .body(input)
    case .body(var decoder):
      let event = try decoder.next(&input)
      state = .body(decoder)
      switch event {
      case .needsMore: return .needsMore
      case .bytes(let bytes): return .body(bytes)
      case .end:
        state = .ended
        return .end
      }
    case .head(var scanner):
      let progress = input.withUnsafeReadableBytes { scanner.scan($0) }
      state = .head(scanner)
      switch progress {
      case .malformed(let fault): throw fault
      case .incomplete: return .needsMore
      case .complete(let length):
        guard let bytes = input.readSlice(length: length) else { return .needsMore }
        return try headRead(bytes)
      }
    }
  }

  private mutating func headRead(_ bytes: ByteBuffer) throws(HeadFault) -> Event {
    var result: Result<(Int, HTTPFields), HeadFault> = .failure(HeadFault("the response head is empty"))
    bytes.withUnsafeReadableBytes { raw in
      do throws(HeadFault) { result = .success(try Self.read(raw)) } catch { result = .failure(error) }
    }
    let (status, fields) = try result.get()
    let isChunked = try FieldLine.isChunked(fields)
    let length = try FieldLine.contentLength(of: fields)
    let headers = Self.headers(status: status, fields)
    switch status {
    case 101:
      state = .switched
      return .switched(headers)
    case ..<200:
      state = .head(HeadScanner())
      return status == 100 ? .continueResponse : try next()
    default: break
    }
    if isHead || status == 204 || status == 304 || (!isChunked && length ?? -1 == 0) {
      state = .ended
      return .head(status: status, headers, isWhole: true)
    }
    guard isChunked || length != nil else { throw HeadFault("the response has no end") }
    let framing: BodyFraming = isChunked ? .chunked : .length(length ?? 0)
    state = .body(BodyDecoder(framing: framing, limits: Self.limits))
    return .head(status: status, headers, isWhole: false)
  }

  private static func read(_ bytes: UnsafeRawBufferPointer) throws(HeadFault) -> (Int, HTTPFields) {
    var lines = HeadLines(bytes)
    guard let line = lines.next(), line.count >= 12 else { throw HeadFault("the status line is too short") }
    guard let status = Int(String(decoding: line[9..<12], as: UTF8.self)), status >= 100 else {
      throw HeadFault("the status is not a number of three digits")
    }
    var fields = HTTPFields()
    while let line = lines.next() { try FieldLine.append(line, to: &fields, limit: limits.maxFields) }
    return (status, fields)
  }

  /// Without what HTTP/2 does not have (RFC 9113 §8.2.2).
  private static func headers(status: Int, _ fields: HTTPFields) -> HPACKHeaders {
    var headers = HPACKHeaders()
    headers.reserveCapacity(fields.count + 1)
    headers.add(name: ":status", value: String(status == 101 ? 200 : status))
    for field in fields {
      switch field.name.canonicalName {
      case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "http2-settings": continue
      case "sec-websocket-accept" where status == 101: continue
      default: headers.add(name: field.name.canonicalName, value: field.value)
      }
    }
    return headers
  }
}
