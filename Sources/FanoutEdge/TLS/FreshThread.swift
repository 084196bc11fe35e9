import Glibc

/// Does something on a thread of its own, and waits for it.
///
/// **Why**: BoringSSL keeps errors in a queue for each thread, and what NIOSSL leaves there when a certificate or a key
/// cannot be used fails the next handshake on that thread, whosever it is. So they are read where there are no handshakes.
/// It takes milliseconds, only when a file has changed.
enum FreshThread {
  private final class Box {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// The result of `body`.
  static func run<Value>(_ body: @escaping () throws -> Value) throws -> Value {
    var result: Result<Value, any Error> = .failure(SystemFile.Failure(description: "there is no thread to read on"))
    let box = Unmanaged.passRetained(Box { result = Result { try body() } })
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Box>.fromOpaque(argument).takeUnretainedValue().body() }
        return nil
      }, box.toOpaque())
    if status == 0 { pthread_join(thread, nil) }
    box.release()
    return try result.get()
  }
}
