import ArgumentParser
import ChannelServer
import Channels
import Foundation
import Logging
import ServerKit
import XMPP

/// `buddycloud user`: accounts from the command line, also while the server runs.
struct UserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "Add, list and remove accounts, and set passwords.",
    subcommands: [Add.self, List.self, Remove.self, Password.self])

  /// What all of them take.
  struct Options: ParsableArguments {
    @Option(help: "The configuration file.")
    var config: String?
    @Option(help: "Where the server keeps everything (default: as configured, else ./data).")
    var dataDir: String?
    @Option(help: "The database, as the server's --store (default: as configured, else in the data directory).")
    var store: String?
    @Option(help: "The home domain (default: as configured, else localhost).")
    var domain: String?

    /// The server over the store, with the settings of these options.
    ///
    /// - Parameter isNew: whether a database is made where there is none.
    func server(isNew: Bool = false) throws -> ChannelServer {
      var flags: [String] = []
      for (name, value) in [("--config", config), ("--data-dir", dataDir), ("--store", store), ("--domain", domain)] {
        if let value { flags += [name, value] }
      }
      let values = ConfigurationValues(arguments: flags)
      guard values.problems.isEmpty else {
        for problem in values.problems { Standard.error(problem.description) }
        throw ExitCode(1)
      }
      let directory = DataDirectory(path: values.text("data-dir"))
      let place: StorePlace
      do {
        place = try StorePlace(values)
      } catch {
        Standard.error(error.description)
        throw ExitCode(1)
      }
      if case .sqlite(let path) = place {
        guard isNew || FileManager.default.fileExists(atPath: path) else {
          Standard.error("there is no database in \(directory.path); name the server's directory with --data-dir")
          throw ExitCode(1)
        }
        try directory.make()
      }
      return try ChannelServer(store: place.open(Logger(label: "buddycloud")), configuration: values.channelServer)
    }

    /// A user's address from `alice` or `alice@example.com`.
    func user(_ name: String, of server: ChannelServer) throws -> JID {
      try JID(name.contains("@") ? name : "\(name)@\(server.domain)").bare
    }
  }

  /// Runs an operation and says in words what went wrong.
  static func run(_ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch let error as ChannelError {
      Standard.error(error.description)
      throw ExitCode(1)
    } catch let error as JIDError {
      Standard.error(error.description)
      throw ExitCode(1)
    }
  }

  /// The password: as given, or the first line of standard input, so that it need not be seen in a list of processes.
  static func password(_ given: String?) throws -> String {
    if let given { return given }
    if isatty(FileHandle.standardInput.fileDescriptor) != 0 { Standard.error("Password:") }
    guard let line = readLine(), !line.isEmpty else {
      Standard.error("no password: give --password or write it to standard input")
      throw ExitCode(1)
    }
    return line
  }
}

extension UserCommand {
  /// `user add`.
  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make an account, also where registration is closed.")
    @OptionGroup var options: Options
    @Argument(help: "alice or alice@example.com") var name: String
    @Option(help: "The password; without it, it is read from standard input.") var password: String?
    @Option(help: "An e-mail address.") var email = ""

    func run() async throws {
      try await UserCommand.run {
        let server = try options.server(isNew: true)
        let user = try options.user(name, of: server)
        try await server.addAccount(user: user, password: UserCommand.password(password), email: email)
        print("Added \(user).")
      }
    }
  }

  /// `user list`.
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the accounts, one a line.")
    @OptionGroup var options: Options

    func run() async throws {
      try await UserCommand.run {
        let server = try options.server()
        var last: JID?
        while true {
          let page = try await server.accounts(after: last, max: 500)
          guard let end = page.last else { return }
          for user in page { print(user) }
          last = end
        }
      }
    }
  }

  /// `user remove`.
  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove an account with its channel.")
    @OptionGroup var options: Options
    @Argument(help: "alice or alice@example.com") var name: String

    func run() async throws {
      try await UserCommand.run {
        let server = try options.server()
        let user = try options.user(name, of: server)
        try await server.removeAccount(user)
        print("Removed \(user).")
      }
    }
  }

  /// `user password`.
  struct Password: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Set an account's password.")
    @OptionGroup var options: Options
    @Argument(help: "alice or alice@example.com") var name: String
    @Option(help: "The password; without it, it is read from standard input.") var password: String?

    func run() async throws {
      try await UserCommand.run {
        let server = try options.server()
        let user = try options.user(name, of: server)
        try await server.changePassword(of: user, to: UserCommand.password(password))
        print("Set the password of \(user).")
      }
    }
  }
}
