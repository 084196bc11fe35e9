import Glibc

/// The standard streams, written at once and whole.
enum Standard {
  /// A line to standard output.
  static func output(_ line: String) { write(line, to: STDOUT_FILENO) }

  /// A line to standard error.
  static func error(_ line: String) { write(line, to: STDERR_FILENO) }

  /// Lets standard error go to a file, which is appended to; said again it is opened again. False where that failed.
  static func log(to path: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else {
      error("error: \(path) cannot be written: \(String(cString: strerror(errno)))")
      return false
    }
    dup2(descriptor, STDERR_FILENO)
    close(descriptor)
    return true
  }

  private static func write(_ line: String, to descriptor: Int32) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
