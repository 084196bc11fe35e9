import ArgumentParser
import Dispatch
import FanoutEdge
import GRIP
import Glibc
import NIOSSL
import ServerKit

/// `fanout bench`: holds connections to a proxy, publishes, and says what came, how late, and what did not.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Hold connections to a GRIP proxy, publish, and report latency and losses.",
    discussion: """
      Works with any GRIP proxy. With --origin it is the origin too, so that a proxy is all that is needed:

        fanout edge --route '* 127.0.0.1:9000' &
        fanout bench --origin 127.0.0.1:9000 --connections 1000 --messages 100

      Without it the origin must hold each request on the channel that its target names, and --prefix tells the names.
      Exit status: 0 where every message came once and in order to every connection; 1 otherwise. Ctrl-C ends publishing,
      waits for what is on its way, and gives the figures so far; a second one ends it at once.
      """)

  @Option(
    help: "Where connections go; {channel}, {n} (the connection's number) and {last} (for long-polls) are filled in.")
  var target = "http://127.0.0.1:7999/?channel={channel}&last={last}"

  @Option(help: "Where to publish: a GRIP URL.")
  var control = "http://127.0.0.1:5561"

  @Option(help: "Serve the hold instructions at this loopback address.")
  var origin: String?

  @Option(help: "What listens: stream, sse, long-poll or websocket.")
  var type = "stream"

  @Flag(help: "Give messages ids, by which what was missed is made good; long-polls have them anyway.")
  var reliable = false

  @Flag(name: .customLong("http2"), help: "Speak HTTP/2: by TLS, or with prior knowledge.")
  var http2 = false

  @Option(help: "Requests on one connection of HTTP/2; a server may allow fewer.")
  var streams = 100

  @Option(
    help: "A PEM file of the authorities that an https: or wss: target is checked with, in place of the system's.")
  var ca: String?

  @Flag(help: "Believe whatever certificate an https: or wss: target has.")
  var insecure = false

  @Option(help: "How many connections; the descriptor limit bounds it.")
  var connections = 100

  @Option(help: "How many channels the connections share.")
  var channels = 1

  @Option(help: "What the channels' names begin with; their number follows. Otherwise unique to the run.")
  var prefix: String?

  @Option(help: "Messages in a second, over all channels.")
  var rate = 10.0

  @Option(help: "Messages, over all channels.")
  var messages = 100

  @Option(help: "Bytes of a message; shorter than its own numbers (about 60 bytes) it cannot be.")
  var size = 100

  @Option(help: "Messages in one publish.")
  var batch = 1

  @Option(help: "Publish only while at most so many messages, the new ones included, are on their way to somebody.")
  var window: Int?

  @Option(help: "For opening, for each publish, and for the last deliveries: 10s, 500ms, 2m.")
  var timeout = "10s"

  @Option(help: "The key of publishes; with --iss it signs, by itself it is a bearer token.")
  var key: String?

  @Option(help: "The issuer of signed publishes.")
  var iss: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(help: "Say each second on standard error how far it is; on a terminal it does so anyway.")
  var progress = false

  @Flag(help: "Load another machine than this one, which must be yours.")
  var allowRemote = false

  func run() async throws {
    let plan = try plan(run: .random(in: .min ... .max), descriptorLimit: DescriptorLimit.raise())
    let stop = StopSignal()
    let sources = stop.watch()
    let showsProgress = progress || isatty(STDERR_FILENO) == 1
    let report: BenchReport
    do {
      report = try await BenchRun.report(of: plan, stop: stop, progress: showsProgress ? StandardError.write : nil)
    } catch {
      throw ValidationError("the bench cannot begin: \(error)")
    }
    for source in sources { source.cancel() }
    print(json ? report.json : report.text)
    if !report.isClean { throw ExitCode(1) }
  }

  /// The options, checked.
  func plan(run: UInt32, descriptorLimit: Int) throws -> BenchPlan {
    guard let transport = BenchTransport(rawValue: type) else {
      throw ValidationError(
        "--type takes \(BenchTransport.allCases.map(\.rawValue).joined(separator: ", ")), not '\(type)'")
    }
    guard let timeout = Duration(text: timeout) else {
      throw ValidationError("--timeout takes a time such as 10s or 500ms, not '\(timeout)'")
    }
    let address = origin.flatMap { ListenAddress($0) }
    guard (origin == nil) == (address == nil) else {
      throw ValidationError("--origin takes HOST:PORT, not '\(origin ?? "")'")
    }
    do {
      var plan = BenchPlan(
        target: try BenchTarget(target), control: try endpoint(), transport: transport, origin: address,
        prefix: prefix ?? "bench-\(BenchMessage.runText(run))-", run: run)
      plan.isReliable = reliable
      plan.streamsPerConnection = http2 ? streams : nil
      plan.tls = try tls(of: plan.target)
      plan.connections = connections
      plan.channels = channels
      plan.rate = rate
      plan.messages = messages
      plan.size = size
      plan.batch = batch
      plan.window = window
      plan.timeout = timeout
      try plan.check(descriptorLimit: descriptorLimit, allowsRemote: allowRemote)
      return plan
    } catch let problem as BenchPlan.Problem {
      throw ValidationError(problem.description)
    } catch let problem as BenchTarget.Problem {
      throw ValidationError(problem.description)
    } catch let problem as GRIPDecodingError {
      throw ValidationError("--control or --key: \(problem)")
    }
  }

  /// What connections by TLS are made with.
  private func tls(of target: BenchTarget) throws -> NIOSSLContext? {
    guard target.isSecure || ca != nil || insecure else { return nil }
    guard ca == nil || !insecure else {
      throw ValidationError("--insecure checks nothing, so --ca is of no use with it")
    }
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.applicationProtocols = [http2 ? "h2" : "http/1.1"]
    if insecure { configuration.certificateVerification = .none }
    if let ca {
      do {
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(SystemFile.read(ca)))
      } catch {
        throw ValidationError("--ca: \(error)")
      }
    }
    return try NIOSSLContext(configuration: configuration)
  }

  private func endpoint() throws -> GRIPEndpoint {
    guard control.lowercased().hasPrefix("http") else {
      throw ValidationError("'\(control)' is no GRIP URL; http:// and https:// are accepted")
    }
    let endpoints = try GRIPEndpoint.parse(gripURL: control) { try SystemFile.read($0) }
    guard var endpoint = endpoints.first, endpoints.count == 1 else {
      throw ValidationError("--control takes one GRIP URL")
    }
    guard iss == nil || key != nil else { throw ValidationError("--iss needs --key") }
    if let key {
      if let iss {
        guard let parsed = try GRIPKey.parse(key, readFile: { try SystemFile.read($0) }) else {
          throw ValidationError("--key is empty")
        }
        endpoint.authentication = .jwt(issuer: iss, key: parsed)
      } else {
        endpoint.authentication = .bearer(token: key)
      }
    }
    return endpoint
  }
}
