import Logging
import NIOCore
import NIOHTTP2
import NIOSSL

/// Builds the pipeline of a client's connection phase by phase: PROXY header, TLS, and the version of HTTP. Each phase knows
/// of the next only that it is here, and leaves the pipeline when it is over.
///
/// **Isolation**: its event loop, every member.
struct ClientArrival {
  let loop: LoopContext
  let listener: ListenAddress
  /// What the PROXY header said; `nil` where the connection's own address counts.
  var statedPeer: String?

  /// The first phase of a connection that has just been accepted.
  func begin(on channel: any Channel) throws {
    if let options = channel.syncOptions {
      try options.setOption(.autoRead, value: false)
      try options.setOption(.maxMessagesPerRead, value: 1)
      try options.setOption(.recvAllocator, value: DownstreamConnection.firstReads)
      if listener.local == nil { try options.setOption(.tcpOption(.tcp_nodelay), value: 1) }
    }
    if listener.expectsProxyHeader {
      try channel.pipeline.syncOperations.addHandler(FirstBytesHandler(ProxyHeaderBytes(), arrival: self))
    } else {
      try beginTransport(on: channel, after: nil)
    }
  }

  /// TLS, or what is spoken without it.
  ///
  /// - Parameter previous: the phase that ends now.
  func beginTransport(on channel: any Channel, after previous: (any ChannelHandler)?) throws {
    let pipeline = channel.pipeline.syncOperations
    if listener.isSecure {
      guard loop.admitsHandshake, let certificates = loop.certificates else {
        loop.counters.handshakeRefusals += 1
        return channel.close(promise: nil)
      }
      let port = channel.localAddress?.port ?? listener.port
      let context = try certificates.context(port: port, allowsHTTP2: listener.allowsHTTP2)
      try channel.syncOptions?.setOption(.recvAllocator, value: TLSGate.reads)
      let handlers: [any ChannelHandler] = [NIOSSLServerHandler(context: context), TLSGate(arrival: self)]
      try pipeline.addHandlers(handlers, position: position(after: previous))
    } else if listener.allowsHTTP2 {
      try pipeline.addHandler(FirstBytesHandler(PrefaceBytes(), arrival: self), position: position(after: previous))
    } else {
      try beginHTTP1(on: channel, after: previous)
    }
  }

  /// HTTP/1: the connection stands alone, or behind TLS.
  func beginHTTP1(on channel: any Channel, after previous: (any ChannelHandler)?) throws {
    // Reading is the connection's own from here on.
    try channel.syncOptions?.setOption(.autoRead, value: false)
    let isPlain = listener.local == nil && !listener.isSecure && statedPeer == nil
    let provenance =
      isPlain
      ? nil
      : ClientProvenance(
        peer: peer(of: channel), isSecure: listener.isSecure, isBareSocket: !listener.isSecure)
    try channel.pipeline.syncOperations.addHandler(
      DownstreamConnection(loop: loop, provenance: provenance), position: position(after: previous))
  }

  /// HTTP/2.
  func beginHTTP2(on channel: any Channel, after previous: (any ChannelHandler)?) throws {
    try channel.syncOptions?.setOption(.recvAllocator, value: HTTP2Connection.reads)
    // Frames of the connection itself must always be read; each stream has a window of its own.
    try channel.syncOptions?.setOption(.autoRead, value: true)
    loop.counters.http2Connections += 1
    let connection = HTTP2Connection(loop: loop, peer: peer(of: channel), isSecure: listener.isSecure)
    let bound = NIOLoopBound(connection, eventLoop: loop.eventLoop)
    let configuration = loop.configuration
    let handler = NIOHTTP2Handler(
      mode: .server, eventLoop: loop.eventLoop,
      connectionConfiguration: configuration.http2.connectionConfiguration(limits: configuration.requestLimits),
      streamConfiguration: configuration.http2.streamConfiguration
    ) { stream in
      stream.eventLoop.makeCompletedFuture { try bound.value.begin(stream: stream) }
    }
    try channel.pipeline.syncOperations.addHandlers(
      [HTTP2FrameWatch(connection: connection), handler, connection], position: position(after: previous))
  }

  /// The address that counts as the client's.
  private func peer(of channel: any Channel) -> String? {
    statedPeer ?? channel.remoteAddress?.ipAddress
  }

  private func position(after handler: (any ChannelHandler)?) -> ChannelPipeline.SynchronousOperations.Position {
    handler.map { .after($0) } ?? .last
  }
}
