import NIOCore
import NIOPosix

/// A connection that sends bytes as they are.
enum RawConnection {
  /// Sends a text and reads until the server closes, or until the answer has `end` in it.
  static func exchange(port: Int, _ text: String, until end: String?) async throws -> String {
    let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await connection.executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(string: text))
      var answer = ""
      for try await part in inbound {
        answer += String(buffer: part)
        if let end, answer.contains(end) { break }
      }
      return answer
    }
  }
}
