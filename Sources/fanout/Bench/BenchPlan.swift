import GRIP
import NIOSSL
import ServerKit

/// What a bench is to do, checked.
struct BenchPlan: Sendable {
  /// What is wrong with the options.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// Where the connections go.
  var target: BenchTarget
  /// Where messages are published.
  var control: GRIPEndpoint
  /// How the connections listen.
  var transport: BenchTransport
  /// Whether messages have ids, by which what somebody missed can be made good. Long-polls always have them.
  var isReliable = false
  /// Requests on one connection, by HTTP/2; `nil` is HTTP/1.1 with one on each.
  var streamsPerConnection: Int?
  /// What connections by TLS are made with; `nil` where the target is not secure.
  var tls: NIOSSLContext?
  /// Where to answer the proxy's requests with instructions; `nil` where an origin is there already.
  var origin: ListenAddress?
  /// 1 or more.
  var connections = 100
  /// 1 to `connections`: connection n listens to channel n modulo this.
  var channels = 1
  /// What the channels' names begin with; their number follows.
  var prefix: String
  /// Messages in a second, over all channels.
  var rate = 10.0
  /// How many messages, over all channels.
  var messages = 100
  /// Bytes of a message.
  var size = 100
  /// Messages in one publish.
  var batch = 1
  /// Messages that may be on their way to somebody when the next ones are published; `nil`: any number.
  var window: Int?
  /// How long connecting may take in all, how long a publish, and how long the last deliveries.
  var timeout: Duration = .seconds(10)
  /// Tells messages of this run from others.
  var run: UInt32

  /// The name of a channel.
  func channelName(_ number: Int) -> String { prefix + String(number) }

  /// How many messages go to a channel of `count` messages in all, which go to the channels in turn.
  func share(ofChannel channel: Int, of count: Int) -> Int {
    count / channels + (channel < count % channels ? 1 : 0)
  }

  /// Descriptors that are not for connections: those of the program, the publisher and the origin.
  static let otherDescriptors = 64

  /// Whether messages have ids.
  var hasIDs: Bool { isReliable || transport == .longPoll }

  /// Says what of the plan cannot be done.
  ///
  /// - Parameters:
  ///   - descriptorLimit: descriptors that the process may have.
  ///   - allowsRemote: whether another machine may be loaded.
  func check(descriptorLimit: Int, allowsRemote: Bool) throws(Problem) {
    // An origin in this process takes a descriptor for each request that a proxy has under way at a time.
    let shares = streamsPerConnection ?? 1
    guard (1...1000).contains(shares) else { throw Problem(description: "--streams takes 1 to 1000") }
    let most = max(1, descriptorLimit - Self.otherDescriptors) * (origin == nil ? shares : 1) / (origin == nil ? 1 : 2)
    guard (1...most).contains(connections) else {
      throw Problem(
        description: "--connections takes 1 to \(most) here, not \(connections):"
          + " the descriptor limit (ulimit -n) is \(descriptorLimit)")
    }
    guard (1...connections).contains(channels) else {
      throw Problem(description: "--channels takes 1 to the number of connections, not \(channels)")
    }
    guard channels == 1 || target.namesChannel else {
      throw Problem(description: "with --channels \(channels) the target must say where the name goes: {channel}")
    }
    guard rate > 0, rate <= 1_000_000 else { throw Problem(description: "--rate takes more than 0, up to 1000000") }
    guard (1...100_000_000).contains(messages) else { throw Problem(description: "--messages takes 1 to 100000000") }
    guard Double(messages) / rate <= 1_000_000 else {
      throw Problem(description: "--messages at this --rate would take more than 1000000 seconds")
    }
    guard (1...1_000_000).contains(size) else { throw Problem(description: "--size takes 1 to 1000000 bytes") }
    guard (1...1000).contains(batch) else { throw Problem(description: "--batch takes 1 to 1000") }
    guard window.map({ (batch...1_000_000).contains($0) }) ?? true else {
      throw Problem(description: "--window takes as many messages as --batch, or more, up to 1000000")
    }
    guard batch * size <= 100_000_000 else { throw Problem(description: "--batch times --size takes up to 100 MB") }
    guard timeout >= .milliseconds(100), timeout <= .seconds(3600) else {
      throw Problem(description: "--timeout takes 100ms to 1h")
    }
    guard !prefix.isEmpty, GRIPChannel(prefix).isHeaderSafe else {
      throw Problem(
        description: "--prefix takes the start of a channel's name: no blanks at its ends, commas or controls")
    }
    try checkTransport()
    if origin != nil {
      guard target.namesParameter("channel") else {
        throw Problem(description: "with --origin the target must have channel={channel}: the origin reads it")
      }
      guard !hasIDs || target.namesParameter("last") else {
        throw Problem(
          description: "with --origin and \(transport == .longPoll ? "long-polls" : "--reliable") the target must have "
            + "last={last}: the origin reads it")
      }
    }
    if let origin, !Self.isThisMachine(origin) {
      throw Problem(description: "--origin takes a loopback address, not \(origin)")
    }
    guard allowsRemote || (Self.isThisMachine(target.address) && Self.isThisMachine(control.controlURI)) else {
      throw Problem(description: "only this machine is loaded unless --allow-remote says that the other one is yours")
    }
  }

  private func checkTransport() throws(Problem) {
    guard transport != .webSocket || streamsPerConnection == nil else {
      throw Problem(description: "--http2 is not for WebSockets; stream, sse and long-poll go with it")
    }
    guard transport == .webSocket || !target.isSocket else {
      throw Problem(description: "a target of ws: or wss: is for --type websocket")
    }
    guard target.isSecure == (tls != nil) else {
      throw Problem(description: "--ca and --insecure are for a target of https: or wss:")
    }
  }

  /// Whether a control address is this machine's own.
  static func isThisMachine(_ controlURI: String) -> Bool {
    let authority = controlURI.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first ?? ""
    let hasPort = authority.contains(":") && !authority.hasSuffix("]")
    return ListenAddress(hasPort ? String(authority) : authority + ":80").map(isThisMachine) ?? false
  }

  /// By address and `localhost` only: a name such as `127.example.org` may be anybody's.
  private static func isThisMachine(_ address: ListenAddress) -> Bool {
    address.isLoopback && (!address.host.hasPrefix("127.") || address.host.allSatisfy { $0 == "." || $0.isNumber })
  }
}
