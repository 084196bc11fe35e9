import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// A client certificate towards an origin that demands one (GRIP §3.4 `client_cert`).
  @Suite("Origins that demand a certificate") struct OriginCertificateTests {
    /// Says who the client is, holds `/stream`, echoes on WebSockets; without a certificate of its authority nobody gets so far.
    private static let origin = """
      import asyncio, http, ssl, sys
      from websockets.asyncio.server import serve

      roots, certificate, key = sys.argv[1:4]
      context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
      context.load_cert_chain(certificate, key)
      context.load_verify_locations(roots)
      context.verify_mode = ssl.CERT_REQUIRED

      def name(connection):
          certificate = connection.transport.get_extra_info("ssl_object").getpeercert()
          return dict(pair for part in certificate["subject"] for pair in part)["commonName"]

      def answer(connection, request):
          if "Upgrade" in request.headers: return None
          response = connection.respond(http.HTTPStatus.OK, name(connection) + "\\n")
          if request.path == "/stream":
              response.headers["Grip-Hold"] = "stream"
              response.headers["Grip-Channel"] = "news"
          return response

      async def echo(socket):
          await socket.send(name(socket))
          async for message in socket:
              await socket.send(message)

      async def main():
          async with serve(echo, "127.0.0.1", 0, ssl=context, process_request=answer) as server:
              print("listening", server.sockets[0].getsockname()[1], flush=True)
              await asyncio.get_running_loop().create_future()

      asyncio.run(main())
      """

    @Test func `the origin sees the route's certificate, and nobody without a good one gets through`() throws {
      try #require(Python.has("websockets"), "make test installs it into .venv")
      let (authority, foreign) = (try CertificateAuthority(), try CertificateAuthority())
      let (server, romeo, tybalt) = (
        try authority.certify("origin.test"), try authority.certify("romeo"), try foreign.certify("tybalt")
      )
      let origin = try ChildProcess(
        Python.path, ["-c", Self.origin, authority.roots, server.certificate, server.key])
      let port = origin.log.firstValue(within: .seconds(30)) { line in
        line.hasPrefix("listening") ? line.split(separator: " ").last.flatMap { UInt16($0) } : nil
      }
      let target = "localhost:\(try #require(port)),ssl,trust_connect_host"
      let both =
        try String(contentsOfFile: romeo.certificate, encoding: .utf8)
        + String(contentsOfFile: romeo.key, encoding: .utf8)
      let folder = try TemporaryFolder()
      let edge = try EdgeProcess(
        origin: Address(port: 1), authority: authority,
        routes: """
          romeo.test \(target),client_cert=\(romeo.certificate),client_key=\(romeo.key)
          one-file.test \(target),client_cert=\(try folder.write("both.pem", both))
          nobody.test \(target)
          tybalt.test \(target),client_cert=\(tybalt.certificate),client_key=\(tybalt.key)

          """)
      func answer(_ host: String, _ path: String = "/") throws -> HTTPResponse {
        try HTTPConnection.exchange(edge.address, HTTPRequest("GET", path, [("Host", host)]))
      }
      for host in ["romeo.test", "one-file.test"] {
        let answer = try answer(host)
        #expect(answer.status == 200 && answer.text == "romeo\n", "\(host): \(answer.status) \(answer.text)")
      }
      for host in ["nobody.test", "tybalt.test"] {
        let status = try answer(host).status
        #expect(status == 502, "\(host): \(status)")
      }
      let listener = try HTTPConnection(to: edge.address)
      try listener.send(HTTPRequest("GET", "/stream", [("Host", "romeo.test")]))
      _ = try listener.readHead()
      #expect(try listener.readChunk() == Array("romeo\n".utf8))
      try edge.wait(forMetric: #"fanout_held{transport="stream"} 1"#)
      try edge.publish(Publish.stream("news", "hello"))
      #expect(try listener.readChunk() == Array("hello".utf8))
      let script = """
        import socket as tcp, sys
        from websockets.exceptions import InvalidStatus
        from websockets.sync.client import connect
        def reach(host):
            return connect("ws://%s/" % host, sock=tcp.create_connection(("127.0.0.1", int(sys.argv[1]))))
        with reach("romeo.test") as socket:
            assert socket.recv(timeout=30) == "romeo"
            socket.send("wherefore")
            assert socket.recv(timeout=30) == "wherefore"
        try:
            reach("nobody.test")
            raise SystemExit("not refused")
        except InvalidStatus as error:
            assert error.response.status_code == 502, error
        """
      try Command.run(Python.path, ["-c", script, "\(edge.address.port)"])
    }

    @Test func `an origin whose authority is unknown is not believed`() throws {
      try #require(Python.has("websockets"), "make test installs it into .venv")
      let (authority, foreign) = (try CertificateAuthority(), try CertificateAuthority())
      let server = try foreign.certify("origin.test")
      let romeo = try foreign.certify("romeo")
      let origin = try ChildProcess(Python.path, ["-c", Self.origin, foreign.roots, server.certificate, server.key])
      let port = origin.log.firstValue(within: .seconds(30)) { line in
        line.hasPrefix("listening") ? line.split(separator: " ").last.flatMap { UInt16($0) } : nil
      }
      let target = "localhost:\(try #require(port)),ssl,trust_connect_host"
      let mine = "client_cert=\(romeo.certificate),client_key=\(romeo.key)"
      let edge = try EdgeProcess(
        origin: Address(port: 1), authority: authority,
        routes: "strict.test \(target),\(mine)\nlax.test \(target),insecure,\(mine)\n")
      func status(_ host: String) throws -> Int {
        try HTTPConnection.exchange(edge.address, HTTPRequest("GET", "/", [("Host", host)])).status
      }
      #expect(try status("strict.test") == 502)
      #expect(try status("lax.test") == 200)
    }
  }
}
