import FanoutEdge
import GRIP
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// An origin that speaks WebSocket, by a script.
final class SocketOriginDouble: Sendable {
  /// How it answers a request.
  enum Answer: Sendable {
    /// 101 with more lines; messages and closes come back where it echoes.
    case accept([String] = [], echoes: Bool = true, behind: [UInt8] = [])
    /// Bytes instead.
    case bytes(String)
  }

  private let listener = Mutex<(any Channel)?>(nil)
  private let accepted = Mutex<[SocketPeer]>([])
  private let script: @Sendable (String) -> Answer

  init(_ script: @escaping @Sendable (String) -> Answer = { _ in .accept() }) { self.script = script }

  var peers: [SocketPeer] { accepted.withLock { $0 } }
  var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }

  /// The newest connection whose head has come.
  func peer(_ index: Int = 0) async throws -> SocketPeer {
    for _ in 0..<2000 {
      let peers = peers
      if peers.count > index, !peers[index].head.isEmpty { return peers[index] }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw SocketPeer.Timeout(state: SocketPeer.State())
  }

  func start() async throws {
    let script = script
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        let peer = SocketPeer(isClient: false)
        self.accepted.withLock { $0.append(peer) }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            SocketPeerHandler(peer) { head in
              switch script(head) {
              case .bytes(let text): return (Array(text.utf8), false, false)
              case .accept(let lines, let echoes, let behind):
                return (Array(Self.head(head, lines).utf8) + behind, true, echoes)
              }
            })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    listener.withLock { $0 = channel }
  }

  func stop() async {
    try? await listener.withLock { $0 }?.close().get()
    for peer in peers { await peer.disconnect() }
  }

  private static func head(_ request: String, _ lines: [String]) -> String {
    let key = request.components(separatedBy: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") }?.dropFirst(19) ?? ""
    return
      ([
        "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Accept: \(SocketHandshake.accept(for: String(key)))",
      ] + lines).joined(separator: "\r\n") + "\r\n\r\n"
  }
}

/// An edge on a free port in front of an origin that speaks WebSocket.
struct SocketEdge {
  let edge: Edge
  let origin: SocketOriginDouble
  let port: Int

  static func run(
    routes: [String] = ["*,no_grip ORIGIN"], configure: (inout EdgeConfiguration) -> Void = { _ in },
    makeHolds: Edge.MakeHolds? = nil,
    origin script: @escaping @Sendable (String) -> SocketOriginDouble.Answer = { _ in .accept() },
    _ test: (SocketEdge) async throws -> Void
  ) async throws {
    let origin = SocketOriginDouble(script)
    try await origin.start()
    let lines = routes.map { line in
      line.split(separator: "ORIGIN", omittingEmptySubsequences: false).joined(separator: "127.0.0.1:\(origin.port)")
    }
    let reading = RouteParser { _ in [] }.read(lines: lines, source: "test")
    if let problem = reading.problems.first { throw problem }
    var configuration = EdgeConfiguration(listen: [ListenAddress(port: 0)])
    configuration.loopCount = 1
    configuration.signatureIssuer = "edge"
    configuration.signatureKey = GRIPKey(secret: Array("a secret of the edge".utf8))
    configuration.shutdownGrace = .milliseconds(200)
    configure(&configuration)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let holds = FakeHolds()
    let edge = Edge(
      configuration: configuration, routes: reading.table, logger: logger, now: { 1_800_000_000 },
      makeHolds: makeHolds ?? { loop, _ in holds.table(on: loop) })
    let addresses = try await edge.start()
    let result: Result<Void, any Error>
    do {
      result = .success(try await test(SocketEdge(edge: edge, origin: origin, port: addresses.first?.port ?? 0)))
    } catch {
      result = .failure(error)
    }
    await edge.shutdown(graceful: false)
    await origin.stop()
    try result.get()
  }

  static let key = "dGhlIHNhbXBsZSBub25jZQ=="

  /// A handshake as a browser's, with more lines.
  static func handshake(_ path: String = "/", _ lines: [String] = []) -> String {
    ([
      "GET \(path) HTTP/1.1", "Host: a.test", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
      "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: \(key)",
    ] + lines).joined(separator: "\r\n") + "\r\n\r\n"
  }

  /// Connects and sends the handshake; what is answered is in the peer's `head`.
  func connect(
    _ path: String = "/", _ lines: [String] = [], receiveBuffer: Int32? = nil
  ) async throws -> SocketPeer {
    let peer = SocketPeer(isClient: true)
    var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(SocketPeerHandler(peer, upgrade: nil))
        }
      }
    if let receiveBuffer {
      bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: SocketOptionValue(receiveBuffer))
    }
    _ = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
    try await peer.send(bytes: Array(Self.handshake(path, lines).utf8))
    return peer
  }

  /// Connects, and waits for the 101.
  func open(_ path: String = "/", _ lines: [String] = [], receiveBuffer: Int32? = nil) async throws -> SocketPeer {
    let peer = try await connect(path, lines, receiveBuffer: receiveBuffer)
    try await peer.wait { $0.head.hasPrefix("HTTP/1.1 101 ") }
    return peer
  }

  /// Waits until the counters satisfy the test.
  func wait(_ test: (EdgeCounters) -> Bool) async throws {
    for _ in 0..<2000 {
      if test(await edge.counters()) { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw SocketPeer.Timeout(state: SocketPeer.State())
  }
}
