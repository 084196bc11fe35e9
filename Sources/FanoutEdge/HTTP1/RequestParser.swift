package import NIOCore

/// Reads the requests of one connection, one at a time.
///
/// A strict reading of RFC 9112: where the RFC lets a recipient be lenient, a request is refused, because everything that
/// two parties can read in two ways is a way to smuggle. `ParserAgreementTests` holds it against llhttp: what llhttp
/// refuses is refused here, and what both accept ends at the same byte.
package struct RequestParser: Sendable {
  /// What came out.
  package enum Event: Sendable, Equatable {
    case needsMore
    /// `expectsContinue`: the client waits for `100 Continue` before its body.
    case head(RequestHead, BodyFraming, expectsContinue: Bool)
    case body(ByteBuffer)
    /// The request is over. Nothing of the next one has been looked at.
    case end
  }

  private enum State {
    case head(HeadScanner, leadingLines: Int)
    case body(BodyDecoder)
    case failed
  }

  private var state = State.head(HeadScanner(), leadingLines: 0)
  private let limits: MessageLimits

  package init(limits: MessageLimits) { self.limits = limits }

  /// The next event; takes the bytes that it used. After an error nothing more is read.
  package mutating func next(_ buffer: inout ByteBuffer) throws(HeadFault) -> Event {
    do throws(HeadFault) {
      switch state {
      case .failed: return .needsMore
      case .head(let scanner, let leadingLines): return try nextHead(&buffer, scanner, leadingLines)
      case .body(var decoder):
        let event = try decoder.next(&buffer)
        state = .body(decoder)
        switch event {
        case .needsMore: return .needsMore
        case .bytes(let bytes): return .body(bytes)
        case .end:
          state = .head(HeadScanner(), leadingLines: 0)
          return .end
        }
      }
    } catch {
      state = .failed
      throw error
    }
  }

  private mutating func nextHead(
    _ buffer: inout ByteBuffer, _ start: HeadScanner, _ leading: Int
  ) throws(HeadFault) -> Event {
    var scanner = start
    var leadingLines = leading
    // RFC 9112 §2.2: an empty line before the request line is ignored; two of them at most.
    while leadingLines < 2, let pair: UInt16 = buffer.getInteger(at: buffer.readerIndex), pair == 0x0D0A {
      buffer.moveReaderIndex(forwardBy: 2)
      leadingLines += 1
    }
    let progress = buffer.withUnsafeReadableBytes { scanner.scan($0) }
    state = .head(scanner, leadingLines: leadingLines)
    // By what has been looked at, and not by what has arrived: a request has the same fault, however its bytes are cut.
    // Method, version and blanks are at most 44 bytes beside the target.
    if scanner.firstLineLength ?? scanner.offset > limits.maxTargetBytes + 44 {
      throw HeadFault("the request target is over \(limits.maxTargetBytes) bytes", status: 414)
    }
    if scanner.offset > limits.maxHeadBytes { throw headTooLarge }
    switch progress {
    case .malformed(let fault): throw fault
    case .incomplete: return .needsMore
    case .complete(let length):
      if length > limits.maxHeadBytes { throw headTooLarge }
      guard let bytes = buffer.readSlice(length: length) else { return .needsMore }
      return try headRead(bytes)
    }
  }

  private mutating func headRead(_ bytes: ByteBuffer) throws(HeadFault) -> Event {
    var result: Result<RequestHeadReader.Reading, HeadFault> = .failure(HeadFault("the head is empty"))
    let limits = limits
    bytes.withUnsafeReadableBytes { raw in
      do throws(HeadFault) { result = .success(try RequestHeadReader.read(raw, limits: limits)) } catch {
        result = .failure(error)
      }
    }
    let reading = try result.get()
    state = .body(BodyDecoder(framing: reading.framing, limits: limits))
    return .head(reading.head, reading.framing, expectsContinue: reading.expectsContinue)
  }

  private var headTooLarge: HeadFault {
    HeadFault("the request head is over \(limits.maxHeadBytes) bytes", status: 431)
  }
}
