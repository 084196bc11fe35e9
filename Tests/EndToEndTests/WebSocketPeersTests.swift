import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("WebSockets of a library that others wrote, on both sides of the edge") struct WebSocketPeersTests {
    /// Echoes, and refuses `/no`.
    private static let server = """
      import asyncio, http, sys
      from websockets.asyncio.server import serve

      async def echo(socket):
          async for message in socket:
              await socket.send(message)

      def refuse(connection, request):
          if request.path == "/no":
              return connection.respond(http.HTTPStatus.FORBIDDEN, "no way\\n")

      async def main():
          async with serve(echo, "127.0.0.1", 0, max_size=None, process_request=refuse, subprotocols=["chat"]) as server:
              print("echo on", server.sockets[0].getsockname()[1], flush=True)
              await asyncio.get_running_loop().create_future()

      asyncio.run(main())
      """

    private static let client = """
      import sys
      from websockets.exceptions import InvalidStatus
      from websockets.sync.client import connect

      url, compression = sys.argv[1], sys.argv[2]
      deflate = "deflate" if compression == "true" else None
      with connect(url + "/x", compression=deflate, subprotocols=["other", "chat"], max_size=None) as socket:
          assert socket.subprotocol == "chat", socket.subprotocol
          assert bool(socket.protocol.extensions) == (compression == "true"), socket.protocol.extensions
          for message in ["", "Romeo", chr(0x2764) * 1000, "a" * 3_000_000, b"", bytes(range(256)) * 10_000]:
              socket.send(message)
              assert socket.recv() == message
          socket.send(iter(["where", "fore"]))
          assert socket.recv() == "wherefore"
          assert socket.ping("there?").wait(20)
          socket.close(4001, "good night")
          assert socket.close_code == 4001, socket.close_code
      try:
          connect(url + "/no")
          raise SystemExit("not refused")
      except InvalidStatus as error:
          assert error.response.status_code == 403
          assert error.response.body == b"no way\\n", error.response.body
      """

    /// The server, and an edge in front of it.
    private static func start(runner: String) throws -> (origin: ChildProcess, edge: EdgeProcess) {
      try #require(Python.has("websockets"), "make test installs it into .venv")
      let origin = try ChildProcess(Python.path, ["-c", server])
      let port = origin.log.firstValue(within: .seconds(30)) { line in
        line.contains("echo on ") ? line.split(separator: " ").last.flatMap { UInt16($0) } : nil
      }
      return (origin, try EdgeProcess(origin: Address(port: try #require(port)), runner: runner))
    }

    @Test(arguments: [true, false])
    func `a conversation passes, whatever is compressed`(isCompressed: Bool) throws {
      let (origin, edge) = try Self.start(runner: "allow_compression=\(isCompressed)")
      try Command.run(Python.path, ["-c", Self.client, "ws://\(edge.address)", "\(isCompressed)"])
      withExtendedLifetime(origin) {}
    }

    @Test func `a message of 64 MB needs no memory of the edge's for itself`() throws {
      let (origin, edge) = try Self.start(runner: "")
      func peak() throws -> Int {
        try edge.workers.map { id in
          let status = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
          let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
          return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        }.reduce(0, +)
      }
      func send(_ count: Int) throws {
        let script = """
          import sys
          from websockets.sync.client import connect
          with connect(sys.argv[1], compression=None, max_size=None, subprotocols=["chat"]) as socket:
              message = bytes(\(count))
              socket.send(message)
              assert socket.recv() == message
          """
        try Command.run(Python.path, ["-c", script, "ws://\(edge.address)"])
      }
      try send(1_000_000)
      let before = try peak()
      try #require(before > 0)
      try send(67_108_864)
      let growth = try peak() - before
      #expect(growth < 16_384, "\(growth) kB more")
      withExtendedLifetime(origin) {}
    }
  }
}
