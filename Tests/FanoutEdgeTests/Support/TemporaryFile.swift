import Glibc

/// A file with a text, gone with this value.
final class TemporaryFile: Sendable {
  struct Failure: Error { var code: Int32 }

  let path: String

  /// - Parameter suffix: `.yaml` makes a `fanout.yaml` of it.
  init(_ text: String, suffix: String = ".yaml") throws {
    var random = SystemRandomNumberGenerator()
    path = "/tmp/fanout-test-\(getpid())-\(random.next())\(suffix)"
    try replace(text)
  }

  /// Puts another file in its place, as an editor does.
  func replace(_ text: String) throws {
    let other = path + ".new"
    try Self.write(text, to: other)
    guard rename(other, path) == 0 else { throw Failure(code: errno) }
  }

  /// Writes over it.
  func overwrite(_ text: String) throws { try Self.write(text, to: path) }

  func remove() { unlink(path) }

  deinit { unlink(path) }

  private static func write(_ text: String, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Failure(code: errno) }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count else { throw Failure(code: errno) }
  }

  private static func write(_ descriptor: Int32, _ bytes: [UInt8], _ count: Int) -> Int {
    Glibc.write(descriptor, bytes, count)
  }
}
