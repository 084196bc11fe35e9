import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// WebSockets as streams of HTTP/2 (RFC 8441), by an HTTP/2 and a WebSocket implementation of others, and by a browser.
  @Suite("WebSockets over HTTP/2") struct WebSocketHTTP2Tests {
    /// A native origin made of `websockets`, which subscribes each client to `news`, and echoes.
    private static let native = """
      import asyncio
      from websockets.asyncio.server import serve

      async def echo(socket):
          await socket.send('c:{"type":"subscribe","channel":"news"}')
          async for message in socket:
              await socket.send(message)

      def enable(connection, request, response):
          response.headers["Sec-WebSocket-Extensions"] = 'grip; message-prefix=""'
          return response

      async def main():
          async with serve(echo, "127.0.0.1", 0, max_size=None, compression=None, process_response=enable) as server:
              print("listening 127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
              await asyncio.get_running_loop().create_future()

      asyncio.run(main())
      """

    /// Two WebSockets on one connection, by `h2` and `wsproto`.
    private static let client = """
      import json, socket, ssl, sys, time, urllib.request
      import h2.config, h2.connection, h2.events
      from h2.settings import SettingCodes
      from wsproto.frame_protocol import CloseReason, FrameProtocol, Opcode

      port, control, roots = int(sys.argv[1]), sys.argv[2], sys.argv[3]
      context = ssl.create_default_context(cafile=roots)
      context.set_alpn_protocols(["h2"])
      tcp = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 30), server_hostname="localhost")
      assert tcp.selected_alpn_protocol() == "h2"
      connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
      connection.initiate_connection()
      tcp.sendall(connection.data_to_send())
      streams, ended = {}, set()

      class Stream:
          def __init__(self, fields):
              self.id = connection.get_next_available_stream_id()
              self.fields, self.body, self.frames = None, b"", []
              self.protocol = FrameProtocol(client=True, extensions=[])
              streams[self.id] = self
              connection.send_headers(self.id, fields, end_stream=False)
              tcp.sendall(connection.data_to_send())

          def receive(self, data):
              self.body += data
              if self.fields[":status"] == "200":
                  self.protocol.receive_bytes(data)
                  self.frames += list(self.protocol.received_frames())

          def send(self, data):
              while data:
                  room = min(connection.local_flow_control_window(self.id), connection.max_outbound_frame_size)
                  if room == 0:
                      pump()
                      continue
                  connection.send_data(self.id, data[:room])
                  tcp.sendall(connection.data_to_send())
                  data = data[room:]

          def wait(self, count):
              until(lambda: len(self.frames) >= count)
              return self.frames

          def message(self):
              # A message may come in several frames.
              until(lambda: any(frame.message_finished for frame in self.frames))
              content, frame = None, None
              while frame is None or not frame.message_finished:
                  frame = self.frames.pop(0)
                  content = frame.payload if content is None else content + frame.payload
              return content if isinstance(content, str) else bytes(content)

      def pump():
          data = tcp.recv(65536)
          assert data, "the connection ended"
          for event in connection.receive_data(data):
              stream = streams.get(getattr(event, "stream_id", None))
              if isinstance(event, h2.events.ResponseReceived):
                  stream.fields = dict(event.headers)
              elif isinstance(event, h2.events.DataReceived):
                  stream.receive(event.data)
                  connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
              elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
                  assert not isinstance(event, h2.events.StreamReset), event
                  ended.add(event.stream_id)
          tcp.sendall(connection.data_to_send())

      def until(test):
          end = time.monotonic() + 30
          while not test():
              assert time.monotonic() < end, [(s.fields, s.frames, s.body[:200]) for s in streams.values()]
              pump()

      def socket_stream(path):
          stream = Stream([
              (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", path),
              (":authority", "localhost"), ("sec-websocket-version", "13"), ("origin", "https://localhost")])
          until(lambda: stream.fields)
          assert stream.fields[":status"] == "200", stream.fields
          assert "sec-websocket-accept" not in stream.fields, stream.fields
          assert "sec-websocket-extensions" not in stream.fields, stream.fields
          return stream

      until(lambda: connection.remote_settings.get(SettingCodes.ENABLE_CONNECT_PROTOCOL) == 1)
      first, second = socket_stream("/chat?1"), socket_stream("/chat?2")
      for stream in first, second:
          for message in ["hello %d" % stream.id, "", "ä" * 1000, b"\\x00\\xff", "x" * 150000]:
              stream.send(stream.protocol.send_data(message, True))
              assert stream.message() == message, message[:20]
      def held():
          text = urllib.request.urlopen("http://" + control + "/metrics").read().decode()
          return 'fanout_held{transport="websocket"} 2\\n' in text
      assert held()
      item = {"channel": "news", "formats": {"ws-message": {"content": "from a publisher"}}}
      urllib.request.urlopen("http://" + control + "/publish/", data=json.dumps({"items": [item]}).encode()).read()
      assert first.message() == second.message() == "from a publisher"
      first.send(first.protocol.ping(b"there?"))
      pong = first.wait(1).pop(0)
      assert (pong.opcode, bytes(pong.payload)) == (Opcode.PONG, b"there?"), pong
      # The closing handshake, and the end of the stream behind it; the other one goes on.
      first.send(first.protocol.close(4001))
      close = first.wait(1).pop(0)
      assert close.opcode == Opcode.CLOSE and close.payload[0] == 4001, close
      until(lambda: first.id in ended)
      second.send(second.protocol.send_data("still here", True))
      assert second.message() == "still here"
      kick = {"channel": "news", "formats": {"ws-message": {"action": "close", "code": 4002, "reason": "kicked"}}}
      urllib.request.urlopen("http://" + control + "/publish/", data=json.dumps({"items": [kick]}).encode()).read()
      close = second.wait(1).pop(0)
      assert close.opcode == Opcode.CLOSE and close.payload == (4002, "kicked"), close
      print("all good")
      """

    private static func start(
      _ script: String, route: String
    ) throws -> (edge: EdgeProcess, authority: CertificateAuthority, origin: ChildProcess) {
      for module in ["h2", "wsproto", "websockets", "gripcontrol"] {
        try #require(Python.has(module), "\(module): make test installs it into .venv")
      }
      let origin = try ChildProcess(Python.path, ["-c", script])
      let address = origin.log.firstValue(within: .seconds(30)) { line -> Address? in
        line.contains("listening")
          ? line.split(separator: ":").last.flatMap { UInt16($0) }.map { Address(port: $0) } : nil
      }
      let place = try #require(address)
      let authority = try CertificateAuthority()
      let edge = try EdgeProcess(
        origin: place, authority: authority, routes: route.replacing("ORIGIN", with: "\(place)") + "\n")
      return (edge, authority, origin)
    }

    @Test(arguments: [("native", "* ORIGIN"), ("over HTTP", "* ORIGIN,over_http")])
    func `two WebSockets and their publishers share a connection`(kind: String, route: String) throws {
      let script = kind == "native" ? Self.native : WebSocketOverHTTPPeersTests.origin
      let (edge, authority, origin) = try Self.start(script, route: route)
      let result = try Command.run(
        Python.path, ["-c", Self.client, "\(try edge.securePort())", "\(edge.control)", authority.roots])
      #expect(result.output.contains("all good"))
      try edge.wait(forMetric: "fanout_http2_connections_total 1")
      try edge.wait(forMetric: #"fanout_held{transport="websocket"} 0"#)
      withExtendedLifetime(origin) {}
    }

    /// A page opens a WebSocket to where it came from by HTTP/2.
    private static let page = """
      import re, sys, urllib.request
      from playwright.sync_api import sync_playwright

      base, control = sys.argv[1:3]
      def metric(name):
          text = urllib.request.urlopen(control + "/metrics").read().decode()
          return int(re.search("^" + re.escape(name) + r" (\\d+)$", text, re.M).group(1))
      with sync_playwright() as playwright:
          browser = playwright.chromium.launch(executable_path=sys.argv[3], args=["--no-sandbox"])
          page = browser.new_context(ignore_https_errors=True).new_page()
          page.set_default_timeout(30000)
          page.goto(base + "/page")
          protocol = page.evaluate("() => performance.getEntriesByType('navigation')[0].nextHopProtocol")
          assert protocol == "h2", protocol
          before = metric("fanout_http2_streams_total")
          page.evaluate('''() => {
              window.heard = [];
              window.socket = new WebSocket(location.origin.replace("https", "wss") + "/chat");
              socket.onopen = () => socket.send("hello from a page");
              socket.onmessage = event => heard.push(event.data);
              socket.onclose = event => heard.push([event.code, event.reason, event.wasClean]);
          }''')
          page.wait_for_function("() => heard.length == 1")
          # It took a stream of HTTP/2, and the listener of streams is the only one that grew.
          assert metric("fanout_http2_streams_total") == before + 1, (before, metric("fanout_http2_streams_total"))
          assert metric('fanout_held{transport="websocket"}') == 1
          item = b'{"items":[{"channel":"news","formats":{"ws-message":{"content":"from a publisher"}}}]}'
          urllib.request.urlopen(control + "/publish/", data=item).read()
          page.wait_for_function("() => heard.length == 2")
          page.evaluate("() => socket.close(4000, 'good night')")
          page.wait_for_function("() => heard.length == 3")
          heard = page.evaluate("() => heard")
          assert heard == ["hello from a page", "from a publisher", [4000, "good night", True]], heard
          browser.close()
      print("all good")
      """

    @Test func `Chromium opens its WebSocket on the page's own connection`() throws {
      try #require(Python.has("playwright"), "make test installs it into .venv")
      try #require(Command.exists("chromium"), "make test installs it")
      let document = try HTTPDouble { _ in
        .response(
          status: 200, fields: [("Content-Type", "text/html")],
          body: "<!doctype html><link rel=icon href='data:,'><title>page</title>")
      }
      let (edge, authority, origin) = try Self.start(
        Self.native, route: "*,path_beg=/page \(document.address)\n*,proto=ws ORIGIN")
      let chromium = try Command.run("which", ["chromium"]).output.trimmingCharacters(in: .whitespacesAndNewlines)
      let result = try Command.run(
        Python.path,
        ["-c", Self.page, "https://localhost:\(try edge.securePort())", "http://\(edge.control)", chromium],
        deadline: .seconds(120))
      #expect(result.output.contains("all good"))
      withExtendedLifetime((origin, authority)) {}
    }
  }
}
