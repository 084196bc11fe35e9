import HTTPTypes
import Hummingbird
import NIOCore

extension APICall {
  /// The body; 413 when it is too large, 408 when it takes too long.
  func body() async throws -> [UInt8] {
    let limit = configuration.limits.maxBodyBytes
    let tooLarge = APIError(.contentTooLarge, "a body may have \(limit) bytes")
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
    let body = request.body
    let sleep = services.time.sleep
    let timeout = configuration.limits.bodyTimeout
    return try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
      group.addTask {
        do {
          return try await Array(body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
          throw tooLarge
        } catch let error as CancellationError {
          throw error
        } catch {
          // The client has gone in the middle, or its framing broke: no failure of ours, for no log.
          throw APIError(.badRequest, "the body broke off")
        }
      }
      group.addTask {
        try await sleep(timeout)
        return nil
      }
      defer { group.cancelAll() }
      guard let bytes = try await group.next() ?? nil else {
        throw APIError(.requestTimeout, "the body did not arrive within \(timeout.components.seconds) s")
      }
      return bytes
    }
  }
}
