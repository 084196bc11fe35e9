package import Foundation

/// A process that a test started. Ends with the test: by `stop`, by `kill`, or when the last reference goes.
///
/// `@unchecked Sendable`: everything mutable is touched under `condition` only.
package final class ChildProcess: @unchecked Sendable {
  /// How a process ended.
  package enum Ending: Equatable, Sendable {
    /// It returned or called `exit` with this status.
    case exited(Int32)
    /// A signal ended it.
    case signalled(Int32)
  }

  /// The process id, which is also the id of its process group.
  package let id: pid_t
  /// What it wrote to standard output and standard error.
  package let log = OutputLog()
  /// The command line, for messages.
  package let command: String

  private static let startLock = NSLock()
  private let inputEnd: Int32?
  private let condition = NSCondition()
  private var ending: Ending?

  /// Starts a program (by path, or by name through PATH) in a process group of its own.
  ///
  /// - Parameters:
  ///   - environment: added to the test's own.
  ///   - input: given on standard input, which then ends; `nil` leaves it open for `write`.
  package init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
    input: String? = ""
  ) throws {
    command = ([program] + arguments).joined(separator: " ")
    DescriptorLimit.raise()
    // One start at a time: a descriptor is inherited by whatever starts before it is marked close-on-exec.
    Self.startLock.lock()
    defer { Self.startLock.unlock() }
    Self.keepDescriptors()
    let (readEnd, writeEnd) = try Self.pipe()
    let standardInput: Int32
    if let input {
      (standardInput, inputEnd) = (try Self.inputDescriptor(holding: input), nil)
    } else {
      let input = try Self.pipe()
      (standardInput, inputEnd) = (input.readEnd, input.writeEnd)
    }
    defer {
      close(writeEnd)
      close(standardInput)
    }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, standardInput, 0)
    posix_spawn_file_actions_adddup2(&actions, writeEnd, 1)
    posix_spawn_file_actions_adddup2(&actions, writeEnd, 2)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var defaults = sigset_t()
    sigfillset(&defaults)
    var noneBlocked = sigset_t()
    sigemptyset(&noneBlocked)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setsigmask(&attributes, &noneBlocked)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
    var child: pid_t = 0
    let line = (directory.map { ["env", "-C", $0] } ?? []) + [program] + arguments
    let status = Self.withCStrings(line) { argv in
      Self.withCStrings(variables) { envp in posix_spawnp(&child, line[0], &actions, &attributes, argv, envp) }
    }
    guard status == 0 else {
      close(readEnd)
      throw TestFailure("cannot start \(command): \(String(cString: strerror(status)))")
    }
    id = child
    LiveProcesses.shared.insert(child)
    startThreads(reading: readEnd)
  }

  /// How it ended, or `nil` while it runs.
  package var endingSoFar: Ending? { condition.withLock { ending } }

  /// Sends a signal, if it still runs.
  package func signal(_ number: Int32) {
    condition.withLock { if ending == nil { _ = Glibc.kill(id, number) } }
  }

  /// Waits for its end.
  @discardableResult package func waitForEnd(within duration: Duration) throws -> Ending {
    let deadline = Deadline(in: duration)
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let ending { return ending }
      if deadline.hasPassed { throw TestFailure("\(command) still runs after \(duration)\n\(log.tail())") }
      _ = condition.wait(until: deadline.date)
    }
  }

  /// Writes a line to its standard input, which was left open.
  package func write(line: String) throws {
    let bytes = Array((line + "\n").utf8)
    guard let inputEnd, Glibc.write(inputEnd, bytes, bytes.count) == bytes.count else {
      throw TestFailure("\(command) takes no input")
    }
  }

  /// SIGKILL for it and all that it started, and waits until it is gone.
  package func kill() throws {
    condition.withLock { if ending == nil { _ = Glibc.kill(-id, SIGKILL) } }
    try waitForEnd(within: .seconds(20))
  }

  /// SIGTERM, and waits until it is gone.
  @discardableResult package func stop(within duration: Duration = .seconds(20)) throws -> Ending {
    signal(SIGTERM)
    return try waitForEnd(within: duration)
  }

  deinit {
    // The threads below hold the log and the condition's owner only weakly, so a forgotten process comes here.
    if ending == nil { _ = Glibc.kill(-id, SIGKILL) }
    if let inputEnd { close(inputEnd) }
  }

  private func startThreads(reading descriptor: Int32) {
    let (log, id) = (log, id)
    Thread.detachNewThread {
      var buffer = [UInt8](repeating: 0, count: 16_384)
      while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count > 0 { log.append(buffer[..<count]) }
        if count == 0 || (count < 0 && errno != EINTR) { break }
      }
      close(descriptor)
      log.finish()
    }
    Thread.detachNewThread { [weak self] in
      var status: Int32 = 0
      while waitpid(id, &status, 0) < 0, errno == EINTR {}
      LiveProcesses.shared.remove(id)
      let signal = status & 0x7f
      self?.finish(signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal))
    }
  }

  private func finish(_ how: Ending) {
    condition.withLock {
      ending = how
      condition.broadcast()
    }
  }

  /// Marks all that the process has open close-on-exec: a server that finds a thousand descriptors of other tests open does
  /// not start.
  private static func keepDescriptors() {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
      guard let descriptor = Int32(name), descriptor > 2 else { continue }
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
  }

  private static func pipe() throws -> (readEnd: Int32, writeEnd: Int32) {
    var ends: [Int32] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { throw TestFailure("pipe: \(String(cString: strerror(errno)))") }
    ends.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// A descriptor from which the text can be read: a file without a name, so that no thread has to feed a pipe.
  private static func inputDescriptor(holding text: String) throws -> Int32 {
    if text.isEmpty { return open("/dev/null", O_RDONLY | O_CLOEXEC) }
    var template = Array((NSTemporaryDirectory() + "buddycloud-input.XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw TestFailure("mkstemp: \(String(cString: strerror(errno)))") }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    let bytes = Array(text.utf8)
    _ = Glibc.write(descriptor, bytes, bytes.count)
    lseek(descriptor, 0, SEEK_SET)
    return descriptor
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    return body(copies + [nil])
  }
}
