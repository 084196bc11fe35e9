import Glibc

/// The file of a Unix socket: made, given its owner and mode, and removed again.
///
/// A file that is left from a process that died is removed; one on which somebody listens, and one that is no socket, is
/// not.
struct LocalSocketFile: Sendable {
  /// Why there is no socket.
  struct Failure: Error, CustomStringConvertible {
    /// One line.
    let description: String
  }

  /// Longest path, in bytes: what `sockaddr_un` holds, less the NUL.
  static let maxPathBytes = 107

  private let path: String
  private let device: UInt64
  private let inode: UInt64

  /// Makes the socket, bound and listening.
  ///
  /// - Returns: the file, and a descriptor that is the caller's.
  static func make(
    _ socket: LocalSocket, backlog: Int32
  ) throws(Failure) -> (file: LocalSocketFile, descriptor: Int32) {
    guard (1...maxPathBytes).contains(socket.path.utf8.count), !socket.path.utf8.contains(0) else {
      throw Failure(description: "the path of a Unix socket has 1 to \(maxPathBytes) bytes")
    }
    // Before anything is made, so that nothing has to be taken back.
    let owner = try owner(socket)
    try removeStale(socket.path)
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure("cannot be made") }
    do throws(Failure) {
      return (try bind(descriptor, socket, owner: owner, backlog: backlog), descriptor)
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Makes the directory of a socket where there is none, as Pushpin makes its `rundir`. Where that fails, binding says why.
  static func makeDirectory(of path: String) {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    mkdir(String(path[..<slash]), 0o755)
  }

  /// Removes the file, if it is still the one that was made.
  func remove() {
    var information = stat()
    guard lstat(path, &information) == 0, UInt64(information.st_dev) == device, UInt64(information.st_ino) == inode
    else { return }
    unlink(path)
  }

  private static func bind(
    _ descriptor: Int32, _ socket: LocalSocket, owner: (user: uid_t, group: gid_t), backlog: Int32
  ) throws(Failure) -> LocalSocketFile {
    // The file has these bits from its first moment; without them it would be open to all until `chmod`.
    if socket.mode != nil { fchmod(descriptor, 0o600) }
    guard withAddress(socket.path, { Glibc.bind(descriptor, $0, $1) }) == 0 else {
      throw failure("cannot be bound")
    }
    var information = stat()
    guard lstat(socket.path, &information) == 0 else { throw failure("cannot be looked at") }
    let file = LocalSocketFile(
      path: socket.path, device: UInt64(information.st_dev), inode: UInt64(information.st_ino))
    do throws(Failure) {
      if socket.user != nil || socket.group != nil {
        guard chown(socket.path, owner.user, owner.group) == 0 else { throw failure("cannot be given to its owner") }
      }
      if let mode = socket.mode {
        guard chmod(socket.path, mode_t(mode)) == 0 else { throw failure("cannot be given its mode") }
      }
      guard listen(descriptor, backlog) == 0 else { throw failure("cannot be listened on") }
    } catch {
      file.remove()
      throw error
    }
    return file
  }

  /// Removes what nobody listens on any more.
  private static func removeStale(_ path: String) throws(Failure) {
    var information = stat()
    guard lstat(path, &information) == 0 else { return }
    guard information.st_mode & S_IFMT == S_IFSOCK else {
      throw Failure(description: "the file is there and is no socket")
    }
    let probe = Glibc.socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard probe >= 0 else { throw failure("cannot be tried") }
    defer { close(probe) }
    guard withAddress(path, { connect(probe, $0, $1) }) != 0, errno == ECONNREFUSED else {
      throw Failure(description: "somebody listens there already")
    }
    unlink(path)
  }

  private static func owner(_ socket: LocalSocket) throws(Failure) -> (user: uid_t, group: gid_t) {
    var result = (user: uid_t.max, group: gid_t.max)
    if let name = socket.user {
      guard let entry = getpwnam(name) else { throw Failure(description: "there is no user '\(name)'") }
      result.user = entry.pointee.pw_uid
    }
    if let name = socket.group {
      guard let entry = getgrnam(name) else { throw Failure(description: "there is no group '\(name)'") }
      result.group = entry.pointee.gr_gid
    }
    return result
  }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { bytes in bytes.copyBytes(from: path.utf8.prefix(maxPathBytes)) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }

  private static func failure(_ text: String) -> Failure {
    Failure(description: "the socket \(text): \(String(cString: strerror(errno)))")
  }
}
