import FanoutBus
import GRIP
import Logging
import NIOCore

// How items pass the filters of a hold (GRIP proxy §13).
extension HoldTable {
  /// Lets an item pass the filters of a hold's channel, then does what it says.
  ///
  /// - Parameters:
  ///   - content: empty where the item has none.
  ///   - contentFilters: those that the item names.
  func filter(
    _ item: EncodedItem, content: GRIPContent, contentFilters: [String]?, hold: Hold, slot: HoldSlot, entry: Int
  ) {
    let filter = hold.channels[entry].filter
    if let error = filter.disagreement(with: contentFilters) {
      return filterFailed(error, isMismatch: true, item: item, hold: hold, slot: slot, entry: entry)
    }
    if filter.isEmpty { return act(on: item, changed: nil, hold: hold, slot: slot, entry: entry, kind: hold.kind) }
    var pass = FilterPass(filter, content: content)
    let step = pass.run(context(of: item, hold: hold, entry: entry))
    go(on: step, pass: pass, item: item, hold: hold, slot: slot, entry: entry)
  }

  private func context(of item: EncodedItem, hold: Hold, entry: Int) -> FilterContext {
    let ids = hold.channels.enumerated().map { position, channel in
      (channel.name, position == entry ? item.item.id : member(channel, kind: hold.kind).previousID)
    }
    return FilterContext(
      item: item.item.meta, subscriber: hold.meta, channels: ids, lastIDs: lastIDs(of: hold), uri: hold.uri)
  }

  private func go(
    on step: FilterPass.Step, pass: FilterPass, item: EncodedItem, hold: Hold, slot: HoldSlot, entry: Int
  ) {
    switch step {
    case .send:
      act(
        on: item, changed: pass.isChanged ? pass.content : nil, hold: hold, slot: slot, entry: entry, kind: hold.kind)
    case .drop:
      counters.filtered += 1
      let staysBefore =
        switch hold.kind {
        case .stream: item.item.httpStream == .hint
        case .poll: false
        case .socket: Self.actsAtOnce(item.item)
        }
      if !staysBefore { advance(to: item, hold: hold, entry: entry) }
    case .failed(let error):
      filterFailed(error, isMismatch: false, item: item, hold: hold, slot: slot, entry: entry)
    case .ask(let question): ask(question, pass: pass, item: item, hold: hold, slot: slot, entry: entry)
    }
  }

  private func act(
    on item: EncodedItem, changed: GRIPContent?, hold: Hold, slot: HoldSlot, entry: Int, kind: HoldKind
  ) {
    switch kind {
    case .stream: act(on: item, changed: changed, hold: hold, slot: slot, entry: entry)
    case .poll: act(onPoll: hold, item: item, changed: changed, slot: slot, entry: entry)
    case .socket:
      if let changed, case .send(_, isBinary: false, _)? = item.item.webSocket,
        String(validating: changed.bytes, as: UTF8.self) == nil
      {
        // A client would end the WebSocket for it (RFC 6455 §8.1).
        let error = FilterError("a text message has become something that is no UTF-8")
        return filterFailed(error, isMismatch: false, item: item, hold: hold, slot: slot, entry: entry)
      }
      act(onSocket: hold, item: item, changed: changed, slot: slot, entry: entry)
    }
  }

  /// The item is not delivered. With debug on the request ends with the error, a WebSocket with 1011.
  private func filterFailed(
    _ error: FilterError, isMismatch: Bool, item: EncodedItem, hold: Hold, slot: HoldSlot, entry: Int
  ) {
    counters.failedFilters += 1
    logger.debug("item not delivered", metadata: ["uri": "\(hold.uri)", "error": "\(error.text)"])
    let text = isMismatch ? error.text : "filter error: \(error.text)"
    guard hold.isDebug else {
      if hold.kind != .socket || !Self.actsAtOnce(item.item) { advance(to: item, hold: hold, entry: entry) }
      return
    }
    switch hold.kind {
    case .stream: fail(slot.index, hold: hold, text, .protocolError)
    case .poll:
      guard let response = hold.response else { return }
      complete(slot.index, hold: hold, with: response.failure(text + "\n"))
    case .socket: hold.socket?.session.end(SocketClose(lenient: 1011, reason: text))
    }
  }

  // MARK: Network

  /// Asks a filter's service. Items behind this one wait; other holds go on.
  private func ask(
    _ question: FilterQuestion, pass: FilterPass, item: EncodedItem, hold: Hold, slot: HoldSlot, entry: Int
  ) {
    let filtering = FilteringItem(pass: pass, item: item)
    hold.state = .filtering
    hold.makeBacklog().filtering = filtering
    refresh(slot.index, hold: hold)
    filtering.call = hold.sink.ask(question) { [weak self, weak filtering] answer in
      guard let self, let filtering else { return }
      self.answered(answer, filtering: filtering, slot: slot)
    }
  }

  private func answered(_ answer: FilterAnswer, filtering: FilteringItem, slot: HoldSlot) {
    guard let hold = slab.hold(slot), let backlog = hold.backlog, backlog.filtering === filtering else { return }
    let item = filtering.item
    backlog.filtering = nil
    hold.state = .holding
    // The next link may not have been read meanwhile, so the channels are the same; but a WebSocket's may have changed.
    if let index = channels.index(of: item.published.channel),
      let entry = hold.channels.firstIndex(where: { $0.index == index }),
      hold.kind != .socket || Self.actsAtOnce(item.item) || follows(item, hold: hold, slot: slot, entry: entry)
    {
      var pass = filtering.pass
      let step = pass.answered(answer, context(of: item, hold: hold, entry: entry))
      go(on: step, pass: pass, item: item, hold: hold, slot: slot, entry: entry)
      item.forgetResponses()
    }
    if filtering.wantsUpdate, let again = slab.hold(slot)?.backlog?.filtering { again.wantsUpdate = true }
    deliverNext(slot)
    guard let hold = slab.hold(slot) else { return }
    hold.dropBacklog()
    refresh(slot.index, hold: hold)
    if filtering.wantsUpdate { requestUpdate(slot) }
  }

  /// Delivers what waited behind the item, until the hold has to wait again.
  private func deliverNext(_ slot: HoldSlot) {
    while let hold = slab.hold(slot), hold.state == .holding, let backlog = hold.backlog,
      let item = backlog.waiting.first
    {
      backlog.waiting.removeFirst()
      backlog.waitingBytes -= item.published.weight
      guard let index = channels.index(of: item.published.channel),
        let entry = hold.channels.firstIndex(where: { $0.index == index })
      else { continue }
      switch hold.kind {
      case .stream: deliver(item, to: hold, slot: slot, entry: entry)
      case .poll:
        deliver(item, toPoll: hold, slot: slot, entry: entry)
        item.forgetResponses()
      case .socket: deliver(item, toSocket: hold, slot: slot, entry: entry)
      }
    }
  }

  private func refresh(_ index: Int32, hold: Hold) {
    if hold.kind == .socket { refreshSocket(index, hold: hold) } else { refreshFast(index, hold: hold) }
  }
}

/// An item that a filter's service is asked about.
///
/// **Isolation**: its loop.
final class FilteringItem {
  let pass: FilterPass
  let item: EncodedItem
  var call: (any LinkFetch)?
  /// Whether the origin is to be asked when the service has answered.
  var wantsUpdate = false

  init(pass: FilterPass, item: EncodedItem) {
    self.pass = pass
    self.item = item
  }
}

@available(*, unavailable)
extension FilteringItem: Sendable {}
