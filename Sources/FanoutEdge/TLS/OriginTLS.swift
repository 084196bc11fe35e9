import NIOCore
import NIOSSL
import NIOTLS

/// TLS to origins: one context for each kind of target of a loop, made when it is first needed.
///
/// The origin's certificate is checked against the system's roots and the name of the request's host, or that of the target
/// with `trust_connect_host`; `insecure` turns the checks off. (Debian's Pushpin 1.36 checks nothing.)
///
/// **Isolation**: its event loop.
/// **Spec**: GRIP proxy §3.4, §4.4.
final class OriginTLS {
  private struct Key: Hashable {
    var isUnverified: Bool
    var certificate: String?
    var key: String?
  }

  /// Why there is no TLS to an origin.
  struct Failure: Error, CustomStringConvertible {
    /// One line, for the log.
    let description: String
  }

  private var contexts: [Key: NIOSSLContext] = [:]
  private let trustFile: String?

  /// - Parameter trustFile: the roots to believe, PEM; `nil` takes the system's.
  init(trustFile: String?) { self.trustFile = trustFile }

  /// Forgets what was read: roots and client certificates are read again for the next connections.
  func reload() { contexts = [:] }

  /// The handler of a connection to a target.
  ///
  /// - Parameter name: whom the certificate must be for, and what is asked for by SNI; an address is checked against that
  ///   of the connection.
  func makeHandler(_ target: OriginTarget, name: String) throws -> NIOSSLClientHandler {
    let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
    return try NIOSSLClientHandler(context: try context(target), serverHostname: isAddress ? nil : name)
  }

  /// The name that an origin's certificate must have: the request's host, or the target's own.
  static func name(_ target: OriginTarget, requestHost: String?) -> String {
    guard !target.trustConnectHost, let requestHost, !requestHost.isEmpty else { return target.host }
    if requestHost.hasPrefix("["), let end = requestHost.firstIndex(of: "]") {
      return String(requestHost[requestHost.index(after: requestHost.startIndex)..<end])
    }
    return String(requestHost.prefix { $0 != ":" }).lowercased()
  }

  private func context(_ target: OriginTarget) throws -> NIOSSLContext {
    let key = Key(isUnverified: target.isUnverified, certificate: target.clientCertificate, key: target.clientKey)
    if let context = contexts[key] { return context }
    let context = try FreshThread.run { [trustFile] in try Self.makeContext(target, trustFile: trustFile) }
    contexts[key] = context
    return context
  }

  private static func makeContext(_ target: OriginTarget, trustFile: String?) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    configuration.trustRoots = trustFile.map(NIOSSLTrustRoots.file) ?? .default
    configuration.certificateVerification = target.isUnverified ? .none : .fullVerification
    configuration.shutdownTimeout = .seconds(1)
    if let path = target.clientCertificate {
      let chain = try NIOSSLCertificate.fromPEMBytes(SystemFile.read(path))
      configuration.certificateChain = chain.map(NIOSSLCertificateSource.certificate)
      // Certificate and key may stand in one file.
      let key = try NIOSSLPrivateKey(bytes: SystemFile.read(target.clientKey ?? path), format: .pem)
      configuration.privateKey = .privateKey(key)
    }
    return try NIOSSLContext(configuration: configuration)
  }
}

@available(*, unavailable)
extension OriginTLS: Sendable {}

/// Waits for the end of the handshake with an origin, within a time limit.
///
/// **Isolation**: its event loop.
final class OriginTLSGate: ChannelInboundHandler, RemovableChannelHandler, DeadlineOwner {
  typealias InboundIn = ByteBuffer

  private let deadlines: Deadlines
  private let timeout: TimeAmount
  private let promise: EventLoopPromise<Void>
  private var deadlineKey: Int32 = -1
  private var context: ChannelHandlerContext?
  private var isOver = false

  /// - Parameter promise: told once.
  init(deadlines: Deadlines, timeout: TimeAmount, promise: EventLoopPromise<Void>) {
    self.deadlines = deadlines
    self.timeout = timeout
    self.promise = promise
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    deadlineKey = deadlines.add(self)
    deadlines.set(deadlineKey, to: context.eventLoop.now + timeout)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    end(.failure(OriginTLS.Failure(description: "the connection closed in the TLS handshake")))
  }

  func channelActive(context: ChannelHandlerContext) {
    context.fireChannelActive()
    context.read()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    context.fireChannelReadComplete()
    if !isOver { context.read() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted = event as? TLSUserEvent { end(.success(())) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.failure(error)) }

  func channelInactive(context: ChannelHandlerContext) {
    end(.failure(OriginTLS.Failure(description: "the connection closed in the TLS handshake")))
    context.fireChannelInactive()
  }

  func deadlinePassed(now: NIODeadline) {
    end(.failure(OriginTLS.Failure(description: "no TLS handshake in time")))
  }

  private func end(_ result: Result<Void, any Error>) {
    guard !isOver else { return }
    isOver = true
    deadlines.remove(&deadlineKey)
    promise.completeWith(result)
  }
}

@available(*, unavailable)
extension OriginTLSGate: Sendable {}
