import Foundation

/// Debian's PostgreSQL with a cluster of its own in a temporary folder, reached over a Unix socket there, and gone with the
/// last reference.
///
/// PostgreSQL refuses to run for root, so it then runs for the user `postgres`, whom its package makes.
///
/// `@unchecked Sendable`: everything mutable is touched under `lock` only.
package final class PostgreSQLServer: @unchecked Sendable {
  /// A server for all tests of a process that don't stop it, ended with the process.
  package static let shared: Result<PostgreSQLServer, any Error> = Result {
    let server = try PostgreSQLServer()
    sharedServer.set(server)
    atexit { PostgreSQLServer.sharedServer.end() }
    return server
  }

  private static let sharedServer = SharedServer()

  private let folder: TemporaryFolder
  private let programs: String
  private let settings: [String]
  private let lock = NSLock()
  private var process: ChildProcess?
  private var schemaCount = 0

  /// The folder with the newest version's programs; `nil` where there is none.
  package static var programFolder: String? {
    let root = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(root)/\($0)/bin" }
      .first { FileManager.default.isExecutableFile(atPath: "\($0)/initdb") }
  }

  /// Makes a cluster and a database, and starts the server.
  /// - Parameter settings: more of `postgresql.conf`, such as `fsync=off`.
  package init(settings: [String] = []) throws {
    guard let programs = Self.programFolder else {
      throw TestFailure("PostgreSQL is not installed (apt-get install postgresql); `make test` installs it")
    }
    self.programs = programs
    self.settings = settings
    folder = try TemporaryFolder()
    try Command.run("chmod", ["711", folder.path])
    for name in ["data", "socket"] {
      try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: false)
      if getuid() == 0 { try Command.run("chown", ["postgres:", folder.file(name)]) }
    }
    try run(
      "initdb",
      ["-D", folder.file("data"), "-U", "buddycloud", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
    try start()
    // A database that sorts as English does shows where the order of bytes was forgotten.
    let sorting = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'"
    if (try? execute("CREATE DATABASE buddycloud \(sorting)", in: "postgres")) == nil {
      try execute("CREATE DATABASE buddycloud", in: "postgres")
    }
  }

  deinit { try? stop(SIGQUIT) }

  /// The folder of its socket.
  package var socketFolder: String { folder.file("socket") }

  /// Where the database is.
  /// - Parameter schema: The schema that everything happens in.
  package func url(schema: String = "public") -> String {
    "postgresql://buddycloud@/buddycloud?host=\(socketFolder)&options=-csearch_path%3D\(schema)"
  }

  /// A schema that nobody has used; gives its name.
  package func makeSchema() throws -> String {
    let name = lock.withLock {
      schemaCount += 1
      return "test_\(schemaCount)"
    }
    try execute("CREATE SCHEMA \(name)")
    return name
  }

  /// Runs SQL by `psql`; gives the values without decoration.
  @discardableResult package func execute(_ sql: String, in database: String = "buddycloud") throws -> String {
    try Command.run(
      programs + "/psql",
      [
        "-h", socketFolder, "-U", "buddycloud", "-d", database, "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-c",
        sql,
      ]
    ).output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Starts it, and waits until it takes connections.
  package func start() throws {
    let deadline = Deadline(in: .seconds(60))
    while true {
      let arguments =
        ["-D", folder.file("data"), "-k", socketFolder]
        + (["listen_addresses=", "shared_buffers=32MB", "max_connections=200", "lc_messages=C"] + settings)
        .flatMap { ["-c", $0] }
      let launch = asUser(programs + "/postgres", arguments)
      let started = try ChildProcess(launch[0], Array(launch.dropFirst()))
      let isReady = started.log.firstValue(within: .seconds(30)) { line -> Bool? in
        if line.contains("ready to accept connections") { return true }
        // What is fatal to a client that comes too early is not fatal to the server.
        return line.contains("pre-existing shared memory block") ? false : nil
      }
      if isReady == true {
        lock.withLock { process = started }
        return
      }
      // After a kill its children may be there for a moment still.
      try? started.kill()
      if deadline.hasPassed { throw TestFailure("PostgreSQL did not start\n\(started.log.tail(20))") }
    }
  }

  /// Stops it.
  /// - Parameter signal: `SIGINT` ends sessions in order; `SIGQUIT` leaves them, and the next start recovers.
  package func stop(_ signal: Int32 = SIGINT) throws {
    guard let running = lock.withLock({ process }) else { return }
    running.signal(signal)
    try running.waitForEnd(within: .seconds(30))
    lock.withLock { if process === running { process = nil } }
  }

  /// Ends all of it with SIGKILL. Its children are in process groups of their own, and where one is left the next start is
  /// refused; so this lasts until there is none.
  package func kill() throws {
    guard let running = lock.withLock({ process }) else { return }
    running.signal(SIGKILL)
    let deadline = Deadline(in: .seconds(20))
    while true {
      let left = processes()
      if left.isEmpty { break }
      for id in left { _ = Glibc.kill(id, SIGKILL) }
      if deadline.hasPassed { throw TestFailure("PostgreSQL's processes \(left) can't be killed") }
    }
    try stop(SIGKILL)
  }

  /// The processes that work in the folder of the cluster, as all of PostgreSQL's do.
  private func processes() -> [pid_t] {
    let data = URL(filePath: folder.file("data")).resolvingSymlinksInPath().path
    return ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap(pid_t.init).filter { id in
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/cwd")) == data
    }
  }

  private func run(_ program: String, _ arguments: [String]) throws {
    let command = asUser(programs + "/" + program, arguments)
    try Command.run(command[0], Array(command.dropFirst()), environment: ["LC_ALL": "C.UTF-8"], directory: "/")
  }

  private func asUser(_ program: String, _ arguments: [String]) -> [String] {
    let drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
    return (getuid() == 0 ? drop : []) + [program] + arguments
  }

  /// Removes everything, also where a reference is left.
  fileprivate func remove() {
    try? stop(SIGQUIT)
    try? FileManager.default.removeItem(atPath: folder.path)
  }
}

/// The server that has to be ended with the process.
///
/// `@unchecked Sendable`: touched under `lock` only.
private final class SharedServer: @unchecked Sendable {
  private let lock = NSLock()
  private var server: PostgreSQLServer?

  func set(_ server: PostgreSQLServer) { lock.withLock { self.server = server } }
  func end() { lock.withLock { server }?.remove() }
}
