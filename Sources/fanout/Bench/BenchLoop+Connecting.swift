import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import NIOWebSocket
import ServerKit

/// A connection of HTTP/2 with the requests of many rows. Lives on its loop.
final class BenchCarrier: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame

  /// `nil` until there is a socket.
  fileprivate var multiplexer: NIOHTTP2Handler.StreamMultiplexer?
  /// The rows that wait for it.
  fileprivate var waiting: [Int] = []
  /// What went wrong with it, of which its requests only see the end.
  private(set) var failure: String?

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Errors of single streams come by here too.
    guard !(error is any NIOHTTP2Error) else { return }
    failure = "\(error)"
    context.close(promise: nil)
  }
}

@available(*, unavailable)
extension BenchCarrier: Sendable {}

// How a row gets its connection, or its part of one.
extension BenchLoop {
  /// Connects a row. What comes of it is reported by the connection.
  func connect(row: Int) {
    if let shares = plan.streamsPerConnection { return connectStream(row: row, shares: shares) }
    let this = NIOLoopBound(self, eventLoop: loop)
    connect { channel in
      switch this.value.plan.transport {
      case .webSocket: try BenchSocket.addHandlers(to: channel, row: row, owner: this.value)
      case .stream, .sse, .longPoll:
        try channel.pipeline.syncOperations.addHTTPClientHandlers()
        try channel.pipeline.syncOperations.addHandler(BenchConnection(row: row, owner: this.value))
      }
    }.whenFailure { this.value.connectFailed(row: row, reason: "\($0)") }
  }

  private func connect(_ addHandlers: @escaping @Sendable (any Channel) throws -> Void) -> EventLoopFuture<any Channel>
  {
    let (tls, target) = (plan.tls, plan.target)
    return ClientBootstrap(group: loop)
      .channelOption(.socketOption(.so_reuseaddr), value: 1)
      .connectTimeout(TimeAmount(plan.timeout))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls {
            let handler = try NIOSSLClientHandler(context: tls, serverHostname: target.serverName)
            try channel.pipeline.syncOperations.addHandler(handler)
          }
          try addHandlers(channel)
        }
      }
      .connect(host: target.address.host, port: target.address.port)
  }

  // MARK: HTTP/2

  private func connectStream(row: Int, shares: Int) {
    let key = row / shares
    if let carrier = carriers[key] {
      if let multiplexer = carrier.multiplexer {
        openStream(row: row, on: multiplexer, carrier)
      } else {
        carrier.waiting.append(row)
      }
      return
    }
    let carrier = BenchCarrier()
    carrier.waiting = [row]
    carriers[key] = carrier
    let this = NIOLoopBound(self, eventLoop: loop)
    let bound = NIOLoopBound(carrier, eventLoop: loop)
    connect { channel in
      let handler = NIOHTTP2Handler(mode: .client, eventLoop: channel.eventLoop) { $0.close() }
      try channel.pipeline.syncOperations.addHandlers([handler, bound.value])
      bound.value.multiplexer = try handler.syncMultiplexer()
    }.whenComplete { this.value.carrierConnected($0, carrier: bound.value, key: key) }
  }

  private func carrierConnected(_ result: Result<any Channel, any Error>, carrier: BenchCarrier, key: Int) {
    let rows = carrier.waiting
    carrier.waiting = []
    switch result {
    case .failure(let error):
      carriers[key] = nil
      for row in rows { connectFailed(row: row, reason: "\(error)") }
    case .success(let channel):
      connected(channel)
      let this = NIOLoopBound(self, eventLoop: loop)
      let bound = NIOLoopBound(channel, eventLoop: loop)
      channel.closeFuture.whenComplete { _ in
        this.value.carriers[key] = nil
        this.value.disconnected(bound.value)
      }
      guard let multiplexer = carrier.multiplexer, !isStopping else { return channel.close(promise: nil) }
      for row in rows { openStream(row: row, on: multiplexer, carrier) }
    }
  }

  private func openStream(row: Int, on multiplexer: NIOHTTP2Handler.StreamMultiplexer, _ carrier: BenchCarrier) {
    let bound = NIOLoopBound(carrier, eventLoop: loop)
    let this = NIOLoopBound(self, eventLoop: loop)
    let isSecure = plan.target.isSecure
    multiplexer.createStreamChannel { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandlers([
          HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: isSecure ? .https : .http),
          BenchConnection(row: row, owner: this.value, carrier: bound.value),
        ])
      }
    }.whenFailure { this.value.connectFailed(row: row, reason: bound.value.failure ?? "\($0)") }
  }
}
