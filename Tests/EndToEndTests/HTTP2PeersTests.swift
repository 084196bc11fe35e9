import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// Held streams and long-polls over HTTP/2, read by clients that others wrote.
  @Suite("HTTP/2 clients that others wrote") struct HTTP2PeersTests {
    private static func origin() throws -> HTTPDouble {
      try HTTPDouble { request in
        func held(_ mode: String, _ type: String, _ body: String) -> HTTPDouble.Answer {
          .response(
            status: 200, fields: [("Content-Type", type), ("Grip-Hold", mode), ("Grip-Channel", "news")], body: body)
        }
        switch request.target {
        case "/events": return held("stream", "text/event-stream", "data: welcome\n\n")
        case "/poll": return held("response", "text/plain", "nothing new\n")
        default: return .response(status: 200, body: "plain\n")
        }
      }
    }

    private static let item = """
      {"channel":"news","formats":{"http-stream":{"content":"data: one\\n\\n"},"http-response":{"body":"polled\\n"}}}
      """
    private static let end = #"{"channel":"news","formats":{"http-stream":{"action":"close"}}}"#

    private static func start() throws -> (edge: EdgeProcess, authority: CertificateAuthority, origin: HTTPDouble) {
      let authority = try CertificateAuthority()
      let origin = try origin()
      return (try EdgeProcess(origin: origin.address, authority: authority), authority, origin)
    }

    @Test func `curl reads events and a long-poll`() throws {
      let (edge, authority, origin) = try Self.start()
      let options = ["-sS", "-N", "--http2", "--cacert", authority.roots, "-w", "version %{http_version}\n"]
      let base = "https://localhost:\(try edge.securePort())"
      let events = try ChildProcess("curl", options + [base + "/events"])
      let poll = try ChildProcess("curl", options + [base + "/poll"])
      #expect(events.log.firstValue(within: .seconds(30)) { $0 == "data: welcome" ? true : nil } == true)
      try edge.wait(forMetric: #"fanout_held{transport="stream"} 1"#)
      try edge.wait(forMetric: #"fanout_held{transport="long-poll"} 1"#)
      try edge.publish(Self.item)
      try edge.publish(Self.end)
      #expect(try events.waitForEnd(within: .seconds(30)) == .exited(0))
      #expect(try poll.waitForEnd(within: .seconds(30)) == .exited(0))
      #expect(events.log.text == "data: welcome\n\ndata: one\n\nversion 2\n")
      #expect(poll.log.text == "polled\nversion 2\n")
      withExtendedLifetime(origin) {}
    }

    @Test func `httpx reads events and five long-polls on one connection`() throws {
      for module in ["httpx", "h2"] { try #require(Python.has(module), "make test installs it into .venv") }
      let (edge, authority, origin) = try Self.start()
      let script = """
        import asyncio, httpx, ssl, sys
        base, control, roots, item = sys.argv[1:5]

        async def main():
            context = ssl.create_default_context(cafile=roots)
            limits = httpx.Limits(max_connections=1)
            async with httpx.AsyncClient(http1=False, http2=True, verify=context, timeout=30, limits=limits) as client, \\
                    httpx.AsyncClient(timeout=30) as plain:
                async with client.stream('GET', base + '/events') as events:
                    assert events.http_version == 'HTTP/2', events.http_version
                    lines = events.aiter_lines()
                    assert [await anext(lines), await anext(lines)] == ['data: welcome', '']
                    polls = [asyncio.create_task(client.get(base + '/poll')) for _ in range(5)]
                    held = ''
                    for _ in range(1000):
                        held = (await plain.get(control + '/metrics')).text
                        if 'fanout_held{transport="long-poll"} 5\\n' in held: break
                        await asyncio.sleep(0.02)
                    else:
                        raise AssertionError(held)
                    answer = await plain.post(control + '/publish/', content='{"items":[' + item + ']}')
                    assert answer.status_code == 200, answer.text
                    for poll in polls:
                        response = await poll
                        assert (response.http_version, response.text) == ('HTTP/2', 'polled\\n'), response
                    assert [await anext(lines), await anext(lines)] == ['data: one', '']
                metrics = (await plain.get(control + '/metrics')).text
                assert 'fanout_http2_connections_total 1\\n' in metrics, metrics
                assert 'fanout_http2_streams_total 6\\n' in metrics, metrics

        asyncio.run(main())
        """
      try Command.run(
        Python.path,
        [
          "-c", script, "https://localhost:\(try edge.securePort())", "http://\(edge.control)", authority.roots,
          Self.item,
        ])
      withExtendedLifetime(origin) {}
    }

    @Test func `nghttp holds twenty long-polls on one connection`() throws {
      try #require(Command.exists("nghttp"), "make test installs it")
      let (edge, authority, origin) = try Self.start()
      let client = try ChildProcess("nghttp", ["-m", "20", "https://localhost:\(try edge.securePort())/poll"])
      try edge.wait(forMetric: #"fanout_held{transport="long-poll"} 20"#)
      try edge.wait(forMetric: "fanout_http2_connections_total 1")
      try edge.publish(Self.item)
      #expect(try client.waitForEnd(within: .seconds(30)) == .exited(0))
      // It warns of the certificate, whose authority it cannot be told.
      let lines = client.log.text.split(separator: "\n").filter { !$0.hasPrefix("[WARNING]") }
      #expect(lines == Array(repeating: "polled", count: 20), "\(client.log.text)")
      withExtendedLifetime((origin, authority)) {}
    }
  }
}
