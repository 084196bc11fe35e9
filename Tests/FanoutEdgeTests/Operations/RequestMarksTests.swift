import HTTPTypes
import Testing

@testable import FanoutEdge

@Suite("Request ids and W3C Trace Context")
struct RequestMarksTests {
  private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
  private static let requestID = HTTPField.Name("X-Request-Id") ?? .via
  private static let traceParent = HTTPField.Name("traceparent") ?? .via
  private static let traceState = HTTPField.Name("tracestate") ?? .via

  private func marked(
    _ fields: HTTPFields, isTrusted: Bool = false, isLogged: Bool = false, _ change: (inout RequestRecords) -> Void
  ) -> (RequestMarks, HTTPFields) {
    var records = RequestRecords()
    change(&records)
    var head = RequestHead(method: "GET", target: "/", authority: "a", fields: fields)
    var generator = SystemRandomNumberGenerator()
    let marks = RequestMarks(
      &head, records: records, isTrusted: isTrusted, isLogged: isLogged, using: &generator)
    return (marks, head.fields)
  }

  @Test func `what is not asked for leaves the fields as they are`() {
    let fields: HTTPFields = [Self.requestID: "mine", Self.traceParent: "anything"]
    let (marks, passed) = marked(fields, isLogged: true) { _ in }
    #expect(passed == fields)
    #expect(marks.requestID?.count == 16)
    #expect(marks.trace == nil)
  }

  @Test func `a client's request id is replaced, a trusted proxy's is kept`() {
    let (marks, passed) = marked([Self.requestID: "forged"]) { $0.passesRequestID = true }
    #expect(passed[values: Self.requestID] == [marks.requestID])
    #expect(marks.requestID != "forged")
    let (kept, _) = marked([Self.requestID: "from-the-front"], isTrusted: true) { $0.passesRequestID = true }
    #expect(kept.requestID == "from-the-front")
    let (long, _) = marked([Self.requestID: String(repeating: "x", count: 129)], isTrusted: true) {
      $0.passesRequestID = true
    }
    #expect(long.requestID?.count == 16)
  }

  @Test func `a trace goes on with a new span`() throws {
    let (marks, passed) = marked([Self.traceParent: Self.parent, Self.traceState: "a=b"]) { $0.traceSampling = 0 }
    let trace = try #require(passed[Self.traceParent].flatMap(TraceContext.init))
    #expect(trace == marks.trace)
    #expect(trace.id == "4bf92f3577b34da6a3ce929d0e0e4736" && trace.span != "00f067aa0ba902b7" && trace.isSampled)
    #expect(passed[Self.traceState] == "a=b")
  }

  @Test func `where there is none, or a wrong one, a new trace begins`() throws {
    for fields in [[:], [Self.traceParent: "wrong", Self.traceState: "a=b"]] as [HTTPFields] {
      let (_, passed) = marked(fields) { $0.traceSampling = 1 }
      let trace = try #require(passed[Self.traceParent].flatMap(TraceContext.init))
      #expect(trace.isSampled)
      #expect(passed[Self.traceState] == nil)
    }
    let (_, passed) = marked([:]) { $0.traceSampling = 0 }
    #expect(passed[Self.traceParent]?.hasSuffix("-00") == true)
  }

  @Test(arguments: [
    "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1", "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  ])
  func `what is no traceparent is none`(text: String) {
    #expect(TraceContext(text) == nil)
  }

  @Test func `a later version may say more`() {
    #expect(TraceContext("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more")?.isSampled == true)
  }
}
