import GRIP
import HTTPTypes
import NIOCore

/// One question to the service of a network filter.
///
/// **Spec**: GRIP proxy §13.6.
/// **Isolation**: its event loop, every member.
final class FilterCall: LinkFetch {
  private let question: FilterQuestion
  private let loop: LoopContext
  private var answer: ((FilterAnswer) -> Void)?
  private var place: LinkPlace?
  private var call: OriginCall?

  init(_ question: FilterQuestion, loop: LoopContext, answer: @escaping (FilterAnswer) -> Void) {
    self.question = question
    self.loop = loop
    self.answer = answer
  }

  /// Whether nobody waits for an answer.
  var isOver: Bool { answer == nil }

  /// Asks, when the rate of the place allows; not before the present turn of the loop is over.
  func start(_ place: LinkPlace) {
    self.place = place
    loop.counters.filterCalls += 1
    let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
    loop.eventLoop.execute {
      let call = bound.value
      call.loop.filterCalls.admit(call, uri: place.key(lastIDs: []).uri)
    }
  }

  /// Gives a failure, after the present turn of the loop.
  func fail(_ text: String) {
    let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
    loop.eventLoop.execute { bound.value.failed(text) }
  }

  func cancel() {
    answer = nil
    call?.cancel()
    call = nil
  }

  /// Its turn has come.
  func begin() {
    guard !isOver, let place else { return }
    let settings = loop.filterCalls.settings
    let fields = fields()
    let call = OriginCall(loop: loop, limit: settings.maxResponseBytes, timeout: settings.timeout) { [weak self] in
      self?.completed($0)
    }
    self.call = call
    let (loop, question) = (loop, question)
    call.start(
      OriginFetch.Request(
        method: "POST", targets: place.targets, host: place.host(of:), body: ByteBuffer(bytes: question.content ?? [])
      ) { target, framing in
        place.head("POST", to: target, loop: loop, lastIDs: question.lastIDs, fields: fields, framing: framing)
      })
  }

  private func fields() -> HTTPFields {
    var fields = HTTPFields()
    for (name, meta) in [("Sub-Meta", question.subscriber), ("Pub-Meta", question.item)] {
      guard let name = HTTPField.Name(name) else { continue }
      var writer = JSONWriter()
      writer.beginObject()
      for (name, value) in meta.sorted(by: { $0.key < $1.key }) {
        writer.name(name)
        writer.string(value)
      }
      writer.endObject()
      fields.append(HTTPField(name: name, value: String(decoding: writer.bytes, as: UTF8.self)))
    }
    return fields
  }

  private func completed(_ result: Result<OriginCall.Answer, OriginFailure>) {
    call = nil
    switch result {
    case .failure(let failure): failed("the filter's service: \(failure.text)")
    case .success(let (head, body)):
      guard head.status == 200 || head.status == 204 else {
        return failed("the filter's service answered \(head.status)")
      }
      if head.fields.first(where: { $0.name.canonicalName == "action" })?.value == "drop" {
        give(.drop)
      } else if question.content != nil, head.status == 200 {
        give(.pass(Array(body.readableBytesView)))
      } else {
        give(.pass(nil))
      }
    }
  }

  private func failed(_ text: String) {
    loop.counters.failedFilterCalls += 1
    give(.failed(text))
  }

  private func give(_ result: FilterAnswer) {
    let answer = answer
    self.answer = nil
    answer?(result)
  }
}

@available(*, unavailable)
extension FilterCall: Sendable {}
