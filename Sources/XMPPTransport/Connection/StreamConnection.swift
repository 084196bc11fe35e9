import NIOCore
import NIOSSL
import NIOTLS
import XMPP

/// Whom a connection tells what happens.
///
/// **Isolation**: the connection's loop.
protocol StreamConnectionOwner: AnyObject {
  /// Bytes can be exchanged.
  func connectionBegan(_ facts: ConnectionFacts)
  /// TLS, which was asked for, protects the connection now.
  func connectionEncrypted(_ facts: ConnectionFacts)
  /// The server opened its stream.
  func streamOpened(_ header: StreamHeader)
  /// The server sent an element.
  func received(_ element: XMLElement)
  /// The server closed its stream.
  func streamClosed()
  /// Something came, at least a byte.
  func heard()
  /// More can be written.
  func becameWritable()
  /// It is over; nothing more is told.
  func connectionEnded(_ error: TransportError)
}

/// What is known of a connection that decides on what may be sent over it.
struct ConnectionFacts {
  /// Whether it stays within this machine.
  var isLoopback = false
  /// Whether it is under TLS.
  var isEncrypted = false
  /// Whether TLS has shown that the server is that of the domain.
  var isVerified = false
  /// What a login can be bound to.
  var bindings: [ChannelBinding] = []
}

/// One TCP connection: bytes to elements and back, TLS under it from its first byte or later.
///
/// It reads only while its owner wants it to, a few KiB at a time.
/// **Isolation**: its event loop, every member.
final class StreamConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private weak var owner: (any StreamConnectionOwner)?
  private var context: ChannelHandlerContext?
  private let parser: XMLStreamParser
  private let tls: StreamTLS
  private let domain: String
  private let isDirectTLS: Bool
  /// Whether the certificate is checked; without it only for this machine.
  private let isVerifying: Bool
  private var facts = ConnectionFacts()
  private var handshake = Handshake.none
  private var isPaused = false
  private var isReadDue = false
  private var isOver = false
  private var wasActive = false

  private enum Handshake {
    case none
    case underWay
    case done
  }

  init(
    owner: any StreamConnectionOwner, limits: XMLLimits, names: XMLNameTable, tls: StreamTLS, domain: String,
    isDirectTLS: Bool, isVerifying: Bool
  ) throws(XMLError) {
    self.owner = owner
    self.tls = tls
    self.domain = domain
    self.isDirectTLS = isDirectTLS
    self.isVerifying = isVerifying
    parser = try XMLStreamParser(limits: limits, names: names)
  }

  /// Whether the kernel and NIO take more.
  var isWritable: Bool { context?.channel.isWritable ?? false }

  // MARK: What the owner asks for

  /// The next bytes are those of a new stream.
  func restart() { parser.reset() }

  /// Sends bytes with those that were written before.
  func write(_ bytes: ByteBuffer) {
    guard !isOver, let context else { return }
    context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
  }

  /// Sends bytes.
  func write(_ bytes: [UInt8]) {
    guard let context else { return }
    write(context.channel.allocator.buffer(bytes: bytes))
  }

  /// A buffer to write into.
  func buffer(capacity: Int) -> ByteBuffer { ByteBufferAllocator().buffer(capacity: capacity) }

  /// Begins TLS. What the server sent in plain text after it agreed is forgotten (CVE-2011-0411).
  func startTLS() {
    guard !isOver, let context, handshake == .none else { return }
    parser.reset()
    beginTLS(context)
  }

  /// Reads no more, until `resume`.
  func pause() { isPaused = true }

  /// Reads on.
  func resume() {
    guard isPaused else { return }
    isPaused = false
    guard isReadDue, let context else { return }
    isReadDue = false
    context.read()
  }

  /// Closes; what was written goes out before.
  func close() {
    context?.close(promise: nil)
  }

  /// Closes without waiting for the peer, and tells why.
  func fail(_ error: TransportError) {
    guard !isOver else { return }
    let context = context
    end(error)
    // Past the TLS handler, which would wait for an answer to its goodbye: the flush has gone out as far as it can.
    context?.channel.close(mode: .all, promise: nil)
  }

  // MARK: What happens

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    end(.connectionLost("it was closed"))
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    wasActive = true
    facts.isLoopback = Self.isLoopback(context.remoteAddress)
    if isDirectTLS { beginTLS(context) } else { owner?.connectionBegan(facts) }
    if !isOver { read(context) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isOver else { return }
    owner?.heard()
    do {
      try unwrapInboundIn(data).withUnsafeReadableBytes { bytes in try parser.feed(bytes) { take($0) } }
    } catch let error as StreamError {
      guard !isOver else { return }
      write(error.serialized() + StreamHeader.closing)
      fail(.protocolViolation(error))
    } catch {
      fail(.connectionLost("\(error)"))
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if !isOver { read(context) }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if !isOver, context.channel.isWritable { owner?.becameWritable() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .handshakeCompleted = event as? TLSUserEvent, !isOver else {
      return context.fireUserInboundEventTriggered(event)
    }
    handshake = .done
    let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
    if isVerifying, !StreamTLS.hasNames(certificate) {
      return fail(.tls("the server's certificate names nobody (a common name alone does not count)"))
    }
    facts.isEncrypted = true
    facts.isVerified = isVerifying
    facts.bindings = isVerifying ? StreamTLS.bindings(certificate) : []
    if isDirectTLS { owner?.connectionBegan(facts) } else { owner?.connectionEncrypted(facts) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError {
      let reason = StreamTLS.reason(error)
      fail(handshake == .underWay ? .tls(reason) : .connectionLost(reason))
    } else {
      fail(.connectionLost((error as? IOError).map { "\($0)" } ?? String(describing: error)))
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(
      handshake == .underWay
        ? .tls("the connection ended in the handshake") : .connectionLost("the server cut it without a word"))
    context.fireChannelInactive()
  }

  private func take(_ event: XMLStreamEvent) {
    // After TLS began nothing counts that is not within it; a broken stream has no more to say.
    guard !isOver, handshake != .underWay else { return }
    switch event {
    case .opened(let header): owner?.streamOpened(header)
    case .element(let element): owner?.received(element)
    case .closed: owner?.streamClosed()
    }
  }

  private func read(_ context: ChannelHandlerContext) {
    if isPaused { isReadDue = true } else { context.read() }
  }

  private func beginTLS(_ context: ChannelHandlerContext) {
    guard isVerifying || facts.isLoopback else {
      return fail(.insecure("TLS without verification is for servers on this machine only"))
    }
    handshake = .underWay
    do {
      let handler = try tls.handler(domain: domain, isDirect: isDirectTLS, isVerified: isVerifying)
      try context.pipeline.syncOperations.addHandler(handler, position: .first)
    } catch {
      fail(.tls(StreamTLS.reason(error)))
    }
  }

  private func end(_ error: TransportError) {
    guard !isOver else { return }
    isOver = true
    // Whoever wanted to connect knows already that it could not be.
    if wasActive { owner?.connectionEnded(error) }
    owner = nil
  }

  private static func isLoopback(_ address: SocketAddress?) -> Bool {
    switch address {
    case .unixDomainSocket: true
    case .v4: address?.ipAddress?.hasPrefix("127.") ?? false
    case .v6: address?.ipAddress == "::1" || (address?.ipAddress?.hasPrefix("::ffff:127.") ?? false)
    case nil: false
    }
  }
}

@available(*, unavailable)
extension StreamConnection: Sendable {}
