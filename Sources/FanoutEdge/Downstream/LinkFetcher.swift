import GRIP
import HTTPTypes
import NIOCore

/// Reads a next link for one hold (GRIP §9.5). Holds at the same position read one response together.
///
/// **Isolation**: its event loop, every member.
final class LinkFetcher: LinkFetch, OriginResponder {
  private let loop: LoopContext
  private var receiver: (any LinkReceiver)?
  private var reader: SharedReader?
  private var place: LinkPlace?
  private var head: ResponseHead?
  /// What the fields say, where the body is for the client.
  private var instruction: GRIPInstruction?
  private var filter: ResponseFilter?
  /// The body of an `application/grip-instruct` document, `nil` where the body is for the client.
  private var document: ByteBuffer?
  private var awaitsReceiver = false
  private var end: Result<GRIPInstruction, LinkFailure>?

  init(loop: LoopContext, receiver: any LinkReceiver) {
    self.loop = loop
    self.receiver = receiver
  }

  /// Begins.
  func start(_ place: LinkPlace, lastIDs: [(channel: String, id: String)]) {
    let loop = loop
    loop.counters.linkFetches += 1
    self.place = place
    let reader = loop.shares.read(
      place.key(lastIDs: lastIDs), loop: loop, limit: loop.configuration.maxInstructionBytes, responder: self
    ) {
      OriginFetch.Request(method: "GET", targets: place.targets, host: place.host(of:)) { target, framing in
        place.head("GET", to: target, loop: loop, lastIDs: lastIDs, framing: framing)
      }
    }
    if receiver != nil { self.reader = reader }
  }

  /// Nothing is heard of it any more.
  func cancel() {
    receiver = nil
    leave()
  }

  /// Tells the receiver, after the present turn of the loop so that nobody is called while it asks.
  func fail(_ failure: LinkFailure) {
    let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
    loop.eventLoop.execute { bound.value.complete(.failure(failure)) }
  }

  private func leave() {
    reader?.cancel()
    reader = nil
  }

  func originAcquired(_ origin: OriginConnection) {}
  func responseReadPaused() {}
  func originWritable() {}
  var acceptsResponseBody: Bool { !awaitsReceiver }

  func originFailed(_ failure: OriginFailure) {
    reader = nil
    complete(.failure(LinkFailure(failure.text, isRetryable: failure.kind != .blocked)))
  }

  func responseHeadReceived(_ head: ResponseHead, framing: BodyFraming) {
    figures?.add {
      $0.server.headerReceived += StatisticsHead.response(
        status: head.status, reason: head.reason, fields: head.fields)
    }
    var head = head
    head.fields.removeHopByHop()
    self.head = head
    guard (200...299).contains(head.status) else {
      return refuse(LinkFailure("the next link answered \(head.status)", isRetryable: head.status >= 500))
    }
    let isDocument = head.fields.contains { field in
      field.name == .contentType
        && field.value.prefix { $0 != ";" }.trimmingBlanks().lowercased() == GRIPFields.instructMediaType
    }
    if isDocument {
      document = ByteBuffer()
      return
    }
    do throws(GRIPDecodingError) {
      let instruction = try GRIPInstruction.decode(
        status: head.status, reason: head.reason, headers: head.fields, body: []
      ).instruction
      self.instruction = instruction
      if ResponseFilter.applies(to: instruction) { filter = ResponseFilter(instruction) }
    } catch {
      refuse(LinkFailure("the next link's instruction: \(error)", isRetryable: false))
    }
  }

  func responseBodyReceived(_ bytes: ByteBuffer) {
    guard receiver != nil else { return }
    figures?.add { $0.server.contentReceived += bytes.readableBytes }
    guard document == nil else {
      document?.writeImmutableBuffer(bytes)
      if document?.readableBytes ?? 0 > loop.configuration.maxInstructionBytes {
        refuse(LinkFailure("the next link's instruction is too large", isRetryable: false))
      }
      return
    }
    guard filter != nil else { return pass(bytes) }
    var output: [UInt8] = []
    do throws(FilterError) {
      try filter?.read(bytes.readableBytesView, into: &output)
    } catch {
      return refuse(LinkFailure("filter error: \(error.text)", isRetryable: false))
    }
    if !output.isEmpty { pass(ByteBuffer(bytes: output)) }
  }

  func responseEnded() {
    guard let head, receiver != nil else { return }
    if let instruction {
      do throws(FilterError) {
        try filter?.end()
        return finish(.success(instruction))
      } catch {
        return finish(.failure(LinkFailure("filter error: \(error.text)", isRetryable: false)))
      }
    }
    do throws(GRIPDecodingError) {
      let (instruction, response) = try GRIPInstruction.decode(
        status: head.status, reason: head.reason, headers: head.fields,
        body: document.map { Array($0.readableBytesView) } ?? [])
      passDocument(instruction, response)
    } catch {
      finish(.failure(LinkFailure("the next link's instruction: \(error)", isRetryable: false)))
    }
  }

  private func passDocument(_ instruction: GRIPInstruction, _ response: GRIPResponse) {
    do throws(FilterError) {
      let body = try ResponseFilter.apply(to: response.body, of: instruction)
      if !body.isEmpty { pass(ByteBuffer(bytes: body)) }
      finish(.success(instruction))
    } catch {
      finish(.failure(LinkFailure("filter error: \(error.text)", isRetryable: false)))
    }
  }

  private func pass(_ bytes: ByteBuffer) {
    awaitsReceiver = true
    figures?.add { $0.client.contentSent += bytes.readableBytes }
    receiver?.bodyReceived(bytes) { [weak self] in self?.resumed() }
  }

  private var figures: LoopStatistics.RouteFigures? {
    loop.statistics?.figures(of: place?.route?.explicitID)
  }

  private func resumed() {
    guard awaitsReceiver else { return }
    awaitsReceiver = false
    if let end {
      complete(end)
    } else {
      reader?.resume()
    }
  }

  /// Nothing more of the response is wanted.
  private func refuse(_ failure: LinkFailure) {
    leave()
    complete(.failure(failure))
  }

  /// The end comes after the receiver has taken the last part.
  private func finish(_ result: Result<GRIPInstruction, LinkFailure>) {
    reader = nil
    if awaitsReceiver { end = result } else { complete(result) }
  }

  private func complete(_ result: Result<GRIPInstruction, LinkFailure>) {
    let receiver = receiver
    self.receiver = nil
    receiver?.completed(result)
  }
}

@available(*, unavailable)
extension LinkFetcher: Sendable {}
