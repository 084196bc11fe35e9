import ArgumentParser
import FanoutEdge

/// What both commands about a configuration take: the flags of the edge that name one.
struct ConfigurationSource: ParsableArguments {
  @Option(help: "A fanout.yaml or a pushpin.conf; otherwise the usual places are looked at.")
  var config: String?

  @Option(help: "A route instead of the configuration's, repeatable.")
  var route: [String] = []

  @Option(help: "The number of the instance, as for the edge.")
  var id = 0

  /// The edge that these flags, the environment and the file make.
  func setup() throws -> EdgeSetup {
    guard (0...100).contains(id) else { throw ValidationError("--id takes a number from 0 to 100") }
    var flags = EdgeFlags()
    flags.config = config
    flags.routes = route
    flags.instance = id
    return EdgeSetup(flags, environment: SystemFile.environment)
  }
}

/// `fanout check-config`: says what is wrong with a configuration, all of it.
struct CheckConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config", abstract: "Say what is wrong with a configuration and its routes.")

  @OptionGroup var source: ConfigurationSource

  func run() throws {
    let setup = try source.setup()
    for note in setup.notes { print("\(note.gravity.rawValue): \(note.description)") }
    // A line of routes that is left out does not keep an edge from starting, but it is what one asks about here.
    if setup.hasErrors || !setup.readRoutes().notes.isEmpty { throw ExitCode(1) }
    print("the configuration is good")
  }
}

/// `fanout print-config`: every setting with its explanation, its value and where that comes from.
struct PrintConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "print-config",
    abstract: "Print what is in effect, as a fanout.yaml with explanations; secrets are masked.")

  @OptionGroup var source: ConfigurationSource

  @Flag(help: "Print what there is to set, with defaults, whatever is configured.")
  var reference = false

  func run() throws {
    print(reference ? EdgeSetup.reference() : try source.setup().explained(), terminator: "")
  }
}
