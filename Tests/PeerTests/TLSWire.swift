import Foundation
import NIOCore
import NIOEmbedded
import NIOSSL
import NIOTLS
import TestKit

/// TLS over a connection of a scenario. The machine runs in a channel without a network; what it wants to send is sent, what
/// comes is given to it.
final class TLSWire: Wire {
  private let connection: TCPConnection
  private let channel: EmbeddedChannel
  private let shown: Shown?
  private var waiting: [UInt8] = []

  var descriptor: Int32 { connection.descriptor }

  /// A client that believes any certificate, and has spoken to the end of the handshake.
  ///
  /// - Parameter name: the server's, for SNI.
  init(client connection: TCPConnection, name: String?, alpn: [String], _ deadline: Deadline) throws {
    self.connection = connection
    let shown = Shown()
    self.shown = shown
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .noHostnameVerification
    configuration.applicationProtocols = alpn
    let context = try NIOSSLContext(configuration: configuration)
    let handler = try NIOSSLClientHandler(
      context: context, serverHostname: name,
      customVerificationCallback: { certificates, result in
        shown.name = certificates.first.map { "\($0)" } ?? ""
        result.succeed(.certificateVerified)
      })
    channel = EmbeddedChannel()
    try channel.pipeline.syncOperations.addHandlers([handler, shown])
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try flush()
    while !shown.isDone {
      guard let bytes = try receiveSome(within: deadline.remaining) else { throw TestFailure("the handshake ended") }
      waiting += bytes
    }
  }

  /// The server's side; the handshake comes with the first bytes.
  init(server connection: TCPConnection, _ context: NIOSSLContext) throws {
    (self.connection, shown) = (connection, nil)
    channel = EmbeddedChannel()
    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
  }

  /// What the handshake showed: the name in the certificate, and the protocol that was agreed on.
  var description: String {
    let name = shown?.name.firstMatch(of: #/common_name=([^;>]*)/#).map { String($0.output.1) }
    return "certificate of \(name ?? "nobody"), protocol \(shown?.alpn ?? "none")"
  }

  func send(_ bytes: [UInt8]) throws {
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    try flush()
  }

  func receiveSome(within duration: Duration) throws -> [UInt8]? {
    if !waiting.isEmpty {
      defer { waiting = [] }
      return waiting
    }
    let bytes = try connection.receive(within: duration)
    if bytes.isEmpty { return nil }
    var clear: [UInt8] = []
    do { try channel.writeInbound(ByteBuffer(bytes: bytes)) } catch NIOSSLError.uncleanShutdown { return nil }
    try flush()
    while let part = try channel.readInbound(as: ByteBuffer.self) { clear += Array(part.readableBytesView) }
    return clear.isEmpty && !channel.isActive ? nil : clear
  }

  func close(reset: Bool) {
    if !reset {
      channel.close(promise: nil)
      try? flush()
    }
    connection.close(reset: reset)
  }

  private func flush() throws {
    channel.embeddedEventLoop.run()
    while let part = try channel.readOutbound(as: ByteBuffer.self) {
      try connection.send(Array(part.readableBytesView))
    }
  }

  /// What a client learns of its server. `@unchecked Sendable`: on one thread, the test's.
  private final class Shown: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    var name = ""
    var alpn: String?
    var isDone = false

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if case .handshakeCompleted(let agreed)? = event as? TLSUserEvent { (alpn, isDone) = (agreed, true) }
      context.fireUserInboundEventTriggered(event)
    }
  }
}
