import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A directory of certificates that goes when the test is over, and clients that look at what they are shown.
final class CertificateFolder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/fanout-certificates-XXXXXX\0".utf8).map(CChar.init(bitPattern:))
    guard mkdtemp(&template) != nil else { throw POSIXError(code: errno) }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  struct POSIXError: Error { var code: Int32 }

  deinit {
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { unlink("\(path)/\(name)") }
      }
      closedir(directory)
    }
    rmdir(path)
  }

  func write(_ pair: TestCertificates.Pair, as name: String) throws {
    try write(pair.certificate, as: "\(name).crt")
    try write(pair.key, as: "\(name).key")
  }

  func write(_ text: String, as name: String) throws {
    guard let file = fopen("\(path)/\(name)", "w") else { throw POSIXError(code: errno) }
    fputs(text, file)
    fclose(file)
  }

  /// The certificate that a server shows for a name.
  static func shown(port: Int, name: String?) async throws -> NIOSSLCertificate {
    let shown = Shown()
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .noHostnameVerification
    let context = try NIOSSLContext(configuration: configuration)
    let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).channelInitializer {
      channel in
      channel.eventLoop.makeCompletedFuture {
        let handler = try NIOSSLClientHandler(
          context: context, serverHostname: name,
          customVerificationCallback: { certificates, result in
            shown.certificate.withLock { $0 = certificates.first }
            result.succeed(.certificateVerified)
          })
        try channel.pipeline.syncOperations.addHandlers([handler, HandshakeWaiter(promise)])
      }
    }.connect(host: "127.0.0.1", port: port).get()
    defer { channel.close(promise: nil) }
    try await promise.futureResult.get()
    guard let certificate = shown.certificate.withLock({ $0 }) else { throw POSIXError(code: 0) }
    return certificate
  }

  /// A client's context that believes everybody and speaks HTTP/2.
  static func believing(alpn: [String]) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    configuration.applicationProtocols = alpn
    return try NIOSSLContext(configuration: configuration)
  }
}

private final class Shown: Sendable {
  let certificate = Mutex<NIOSSLCertificate?>(nil)
}

/// Says when a handshake is over.
private final class HandshakeWaiter: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer
  private let promise: EventLoopPromise<Void>

  init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) { promise.succeed() }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }
  func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
}
