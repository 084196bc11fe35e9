import GRIP
import NIOCore

extension DownstreamConnection: HoldSink {
  var descriptor: Int32 {
    // TLS and HTTP/2 must see every byte.
    guard provenance?.isBareSocket ?? true, let channel = context?.channel, channel.isActive, bufferedBytes == 0 else {
      return -1
    }
    let handle = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
      $0
    }
    return handle ?? -1
  }

  var framing: StreamFraming { minorVersion >= 1 ? .chunked : .untilClose }

  var closesAfterResponse: Bool { machine.endsAfterResponse }

  func writeThroughPipeline(_ bytes: ByteBuffer) {
    guard let context else { return }
    usesPipeline = true
    context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenSuccess {
      if let slot = self.held?.slot {
        self.loop.holds.drained(slot)
      } else {
        // The table is still starting the hold; it is told when it has given the slot.
        self.held?.isDrained = true
      }
    }
  }

  func responseCompleted() {
    finishHold(isComplete: true, isDelimited: true)
  }

  func streamEnded(isComplete: Bool) {
    if isComplete, framing == .chunked, !isHead {
      write(MessageEncoder.lastChunk)
      flush()
    }
    finishHold(isComplete: isComplete, isDelimited: framing == .chunked || isHead)
  }

  private func finishHold(isComplete: Bool, isDelimited: Bool) {
    guard machine.state == .held else { return }
    held?.slot = nil
    releaseHold()
    endStatistics()
    logAccess(isComplete: isComplete)
    _ = machine.responseStarted(isDelimited: isDelimited)
    afterResponse(machine.responseCompleted(isComplete: isComplete, now: loop.eventLoop.now))
  }

  func retry(lastIDs: [(channel: String, id: String)]) {
    guard machine.state == .held else { return }
    held?.slot = nil
    guard let request = releaseHold(), let head = request.parsedHead(limits: loop.configuration.requestLimits) else {
      return close(.recoveryFailed)
    }
    machine.holdReleased()
    script = request.envelope.map { ScriptResponse(envelope: $0) }
    resume(
      Exchange(
        connection: self, head: head, route: request.route, trust: .untrusted,
        body: RequestBody(complete: request.body),
        began: request.began, isRetry: true, lastIDs: lastIDs))
  }

  func fetch(link: String, lastIDs: [(channel: String, id: String)], receiver: any LinkReceiver) -> any LinkFetch {
    let fetcher = LinkFetcher(loop: loop, receiver: receiver)
    do throws(LinkFailure) {
      guard let held else { throw HeldRequest.isOver }
      fetcher.start(try held.place(of: link, loop: loop), lastIDs: lastIDs)
    } catch {
      fetcher.fail(error)
    }
    return fetcher
  }

  func ask(_ question: FilterQuestion, answer: @escaping (FilterAnswer) -> Void) -> any LinkFetch {
    let call = FilterCall(question, loop: loop, answer: answer)
    do throws(LinkFailure) {
      guard let held else { throw HeldRequest.isOver }
      call.start(try held.place(of: question.url, loop: loop))
    } catch {
      call.fail(error.text)
    }
    return call
  }
}
