import Glibc

/// Files, by the calls of the system.
package enum SystemFile {
  /// Why a file could not be read.
  package struct Failure: Error, CustomStringConvertible {
    /// One line, with the path.
    package let description: String
  }

  /// The bytes of a file.
  ///
  /// - Parameter limit: bytes at most; beyond it reading fails. Default 1 MiB.
  package static func read(_ path: String, limit: Int = 1 << 20) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &part, part.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure(path)
      }
      bytes += part[0..<count]
      guard bytes.count <= limit else { throw Failure(description: "\(path) is over \(limit) bytes") }
    }
  }

  /// Whether there is a file that may be read.
  package static func isReadable(_ path: String) -> Bool {
    access(path, R_OK) == 0
  }

  /// A path, relative to the directory of a file where it is not absolute.
  package static func path(_ path: String, besides file: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let slash = file.lastIndex(of: "/") else { return path }
    return file[...slash] + path
  }

  /// The environment that the process was started with; empty where it cannot be read.
  package static var environment: [String: String] {
    let bytes = (try? read("/proc/self/environ", limit: 4 << 20)) ?? []
    let pairs = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return Dictionary(
      pairs.compactMap { pair in
        pair.firstIndex(of: "=").map { (String(pair[..<$0]), String(pair[pair.index(after: $0)...])) }
      }, uniquingKeysWith: { first, _ in first })
  }

  private static func failure(_ path: String) -> Failure {
    Failure(description: "\(path) cannot be read: \(String(cString: strerror(errno)))")
  }
}
