import HTTPTypes

/// What is logged of requests, and what they are marked with on their way to origins.
package struct RequestRecords: Sendable, Hashable {
  /// Whether the access log has the client's address (`log_from`). Default no.
  package var logsPeer = false
  /// Whether the access log has `User-Agent` (`log_user_agent`). Default no.
  package var logsUserAgent = false
  /// Whether origins get `X-Request-Id`: a trusted proxy's, otherwise a new one; never a client's. Default no: the field passes as
  /// any other.
  package var passesRequestID = false
  /// Where it is set, `traceparent` is passed on with a new span, and made where there is none; so many of the new traces
  /// (0 to 1) are sampled. Default `nil`: the field passes as any other.
  package var traceSampling: Double?

  /// The defaults.
  package init() {}
}

/// By what a request is found again in logs.
struct RequestMarks {
  private(set) var requestID: String?
  private(set) var trace: TraceContext?

  private static let requestIDField = HTTPField.Name.known("X-Request-Id")
  private static let traceParent = HTTPField.Name.known("traceparent")
  private static let traceState = HTTPField.Name.known("tracestate")

  /// Marks a request, and the fields that go to its origin.
  ///
  /// - Parameters:
  ///   - isTrusted: whether a proxy that we trust has sent it.
  ///   - isLogged: whether an id is wanted for the access log.
  init(
    _ head: inout RequestHead, records: RequestRecords, isTrusted: Bool, isLogged: Bool,
    using generator: inout some RandomNumberGenerator
  ) {
    if records.passesRequestID || isLogged {
      let given = isTrusted ? head.fields[Self.requestIDField] : nil
      let id = given.flatMap { Self.isUsable($0) ? $0 : nil } ?? TraceContext.hex(generator.next())
      requestID = id
      if records.passesRequestID { head.fields[Self.requestIDField] = id }
    }
    guard let ratio = records.traceSampling else { return }
    let given = head.fields[values: Self.traceParent]
    if given.count == 1, let parent = TraceContext(given[0]) {
      trace = parent.child(using: &generator)
    } else {
      trace = .new(ratio: ratio, using: &generator)
      // It belongs to a trace that is not continued.
      head.fields[Self.traceState] = nil
    }
    head.fields[Self.traceParent] = trace?.text
  }

  /// Visible ASCII, not too long.
  private static func isUsable(_ id: String) -> Bool {
    (1...128).contains(id.utf8.count) && id.utf8.allSatisfy { (0x21...0x7e).contains($0) }
  }
}
