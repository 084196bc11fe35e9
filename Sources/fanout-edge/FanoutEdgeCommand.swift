import FanoutEdge
import Glibc
import Logging
import ServerKit

/// `fanout-edge`: the edge as a process of its own.
@main
enum FanoutEdgeCommand {
  static func main() async {
    signal(SIGPIPE, SIG_IGN)
    let flags: EdgeFlags
    do throws(EdgeFlags.Problem) {
      flags = try EdgeFlags(Array(CommandLine.arguments.dropFirst()))
    } catch {
      Standard.error(error.description)
      exit(2)
    }
    if flags.showsHelp { return Standard.output(EdgeFlags.help) }
    if flags.showsVersion { return Standard.output("fanout-edge \(EdgeVersion.current)") }
    let setup = EdgeSetup(flags, environment: SystemFile.environment)
    // What does nothing is for those who ask about the configuration, or want to hear everything.
    for note in setup.notes where note.gravity != .remark || flags.isCheck || setup.logLevel >= 3 {
      Standard.error("\(note.gravity.rawValue): \(note.description)")
    }
    if flags.isCheck {
      // A line of routes that is left out does not keep an edge from starting, but it is what one asks about here.
      guard !setup.hasErrors, setup.readRoutes().notes.isEmpty else { exit(1) }
      Standard.output("the configuration is good")
      exit(0)
    }
    guard !setup.hasErrors else { exit(1) }
    if let file = flags.logFile, !Standard.log(to: file) { exit(1) }
    await run(setup, logFile: flags.logFile)
  }

  private static func run(_ setup: EdgeSetup, logFile: String?) async {
    let format = setup.logFormat
    LoggingSystem.bootstrap { format.handler(label: $0) }
    var logger = Logger(label: "fanout-edge")
    logger.logLevel = level(setup.logLevel)
    var access = Logger(label: "fanout-edge.access")
    access.logLevel = .info
    let stamp = setup.watchedFile.flatMap(FileStamp.init)
    let server = EdgeServer(
      configuration: setup.server, routes: setup.readRoutes().table, logger: logger,
      accessLogger: setup.logsAccess ? access : nil)
    do {
      let addresses = try await server.start()
      Standard.output(readyLine(addresses))
    } catch {
      Standard.error("error: \(error)")
      exit(1)
    }
    let watch = RouteWatch(
      path: setup.watchedFile, since: stamp, interval: setup.settings.routesInterval, logger: logger,
      read: setup.readRoutes,
      take: server.reload(routes:))
    server.run(watch)
    for await signal in Signals.stream() {
      if signal == SIGHUP {
        if let logFile { _ = Standard.log(to: logFile) }
        watch.reload()
      } else {
        break
      }
    }
    watch.stop()
    // A second signal ends the process at once.
    let again = Task {
      for await signal in Signals.stream() where signal != SIGHUP { exit(1) }
    }
    await server.stop()
    again.cancel()
  }

  /// The one line that says that the edge is ready, and where.
  private static func readyLine(_ addresses: EdgeServer.Addresses) -> String {
    var words = ["fanout-edge ready:"] + addresses.edgeURLs
    if !addresses.control.isEmpty { words += ["control"] + addresses.control.map(EdgeServer.url(of:)) }
    if !addresses.metrics.isEmpty { words += ["metrics"] + addresses.metrics.map(EdgeServer.url(of:)) }
    let zeroMQ = addresses.zeroMQ
    let sockets = [("pull", zeroMQ.pull), ("command", zeroMQ.command), ("stats", zeroMQ.statistics)]
    for (name, address) in sockets + zeroMQ.subscribe.map({ ("sub", $0) }) {
      if let address { words += [name, address] }
    }
    return words.joined(separator: " ")
  }

  private static func level(_ number: Int) -> Logger.Level {
    switch number {
    case 0: .error
    case 1: .warning
    case 2: .notice
    case 3: .debug
    default: .trace
    }
  }
}
