import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// The phase of a TLS handshake: stands behind the TLS handler until it is over, then lets the protocol that was agreed on
/// take its place.
///
/// **Isolation**: its event loop, every member.
final class TLSGate: ChannelInboundHandler, RemovableChannelHandler, ClientPhase {
  typealias InboundIn = ByteBuffer

  /// What a TLS connection is read with: handshake messages and records of ordinary requests fit.
  static let reads = LeanReads(capacity: 4096, isFirst: true)

  private let arrival: ClientArrival
  private var context: ChannelHandlerContext?
  private var deadlineKey: Int32 = -1
  private var isUnderWay = true

  init(arrival: ClientArrival) {
    self.arrival = arrival
    arrival.loop.handshakeCount += 1
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    deadlineKey = arrival.loop.deadlines.add(self)
    arrival.loop.deadlines.set(
      deadlineKey, to: arrival.loop.eventLoop.now + arrival.loop.configuration.tls.handshakeTimeout)
    try? context.channel.syncOptions?.setOption(.autoRead, value: true)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    over()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .handshakeCompleted(let version) = event as? TLSUserEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    over()
    arrival.loop.counters.handshakes += 1
    do {
      if version == "h2" {
        try arrival.beginHTTP2(on: context.channel, after: self)
      } else {
        try arrival.beginHTTP1(on: context.channel, after: self)
      }
    } catch {
      return close(.protocolError)
    }
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if isUnderWay {
      arrival.loop.counters.handshakeFailures += 1
      arrival.loop.logger.debug("TLS handshake failed", metadata: ["error": "\(error)"])
    }
    over()
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    over()
    context.fireChannelInactive()
  }

  func deadlinePassed(now: NIODeadline) {
    if isUnderWay { arrival.loop.counters.handshakeFailures += 1 }
    close(.timeout)
  }

  func drain(closesHeld: Bool) { close(.shutdown) }

  let isBusy = false

  /// Past the TLS handler, which would wait for an answer to its goodbye.
  func close(_ reason: CloseReason) {
    over()
    context?.channel.close(mode: .all, promise: nil)
  }

  private func over() {
    guard isUnderWay else { return }
    isUnderWay = false
    arrival.loop.handshakeCount -= 1
    arrival.loop.deadlines.remove(&deadlineKey)
  }
}

@available(*, unavailable)
extension TLSGate: Sendable {}
