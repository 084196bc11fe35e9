import Foundation
import TestKit
import Testing

extension EndToEnd {
  @Suite("WebSockets over HTTP with peers that others wrote") struct WebSocketOverHTTPPeersTests {
    /// An origin made of `gripcontrol` as it is: it echoes, and subscribes each client to `news`.
    static let origin = """
      import sys
      from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
      from gripcontrol import WebSocketContext, WebSocketEvent, decode_websocket_events, encode_websocket_events
      class Handler(BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'
        def log_message(self, *rest): pass
        def do_POST(self):
          body = self.rfile.read(int(self.headers['Content-Length']))
          events = decode_websocket_events(body)
          names = ' '.join(e.type for e in events)
          print('request', names, self.headers['Meta-User'], flush=True)
          meta = {'user': self.headers['Meta-User']} if self.headers['Meta-User'] else {}
          ws = WebSocketContext(self.headers['Connection-Id'], meta, events)
          try:
            if ws.is_opening():
              ws.accept()
              ws.meta['user'] = 'juliet'
              ws.subscribe('news')
            while ws.can_recv():
              message = ws.recv()
              if message is None:
                ws.close(ws.close_code)
              elif isinstance(message, bytes):
                ws.send_binary(message)
              else:
                ws.send(message)
          except IOError:
            pass
          out = ([WebSocketEvent('OPEN')] if ws.accepted else []) + ws.out_events
          if ws.closed:
            out.append(WebSocketEvent('CLOSE', int(ws.out_close_code or 0).to_bytes(2, 'big')))
          reply = encode_websocket_events(out)
          self.send_response(200)
          self.send_header('Content-Type', 'application/websocket-events')
          if ws.accepted: self.send_header('Sec-WebSocket-Extensions', 'grip')
          for name in ws.meta:
            if ws.meta[name] != ws.orig_meta.get(name): self.send_header('Set-Meta-' + name, ws.meta[name])
          self.send_header('Content-Length', str(len(reply)))
          self.end_headers()
          self.wfile.write(reply)
      server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
      server.daemon_threads = True
      print('listening 127.0.0.1:%d' % server.server_address[1], flush=True)
      server.serve_forever()
      """

    /// A client made of `websockets`, and a publisher made of `gripcontrol`.
    private static let client = """
      import sys
      from gripcontrol import GripPubControl, WebSocketMessageFormat
      from pubcontrol import Item
      from websockets.sync.client import connect
      publisher = GripPubControl({'control_uri': 'http://' + sys.argv[2]})
      with connect('ws://' + sys.argv[1] + '/chat') as socket:
        socket.send('hello')
        assert socket.recv(timeout=20) == 'hello'
        socket.send(b'\\x00\\x01')
        assert socket.recv(timeout=20) == b'\\x00\\x01'
        socket.send('')
        assert socket.recv(timeout=20) == ''
        large = 'ä' * 40000
        socket.send(large)
        assert socket.recv(timeout=20) == large
        publisher.publish('news', Item(WebSocketMessageFormat('from a publisher'), 'a', None), blocking=True)
        assert socket.recv(timeout=20) == 'from a publisher'
        publisher.publish('news', Item(WebSocketMessageFormat(b'\\xff', binary=True), 'b', 'a'), blocking=True)
        assert socket.recv(timeout=20) == b'\\xff'
        socket.close(4000)
        assert socket.protocol.close_rcvd.code == 4000, socket.protocol.close_rcvd
      with connect('ws://' + sys.argv[1] + '/chat') as socket:
        socket.send('again')
        assert socket.recv(timeout=20) == 'again'
        kick = WebSocketMessageFormat(action='close', code=4001, reason='kicked')
        publisher.publish('news', Item(kick), blocking=True)
        try:
          socket.recv(timeout=20)
          raise AssertionError('still open')
        except Exception as error:
          assert error.rcvd.code == 4001 and error.rcvd.reason == 'kicked', repr(error)
      print('all good')
      """

    @Test func `a websockets client, an origin and a publisher of gripcontrol speak through the edge`() throws {
      try #require(Python.has("gripcontrol"), "make test installs it into .venv")
      try #require(Python.has("websockets"), "make test installs it into .venv")
      let origin = try ChildProcess(Python.path, ["-c", Self.origin])
      let place = try #require(
        origin.log.firstValue(within: .seconds(30)) { line in
          line.hasPrefix("listening ") ? String(line.dropFirst("listening ".count)) : nil
        })
      let address = try #require(Address(url: "http://\(place)"))
      let edge = try EdgeProcess(origin: address, routes: "* \(place),over_http\n")
      let result = try Command.run(
        Python.path, ["-c", Self.client, "\(edge.address)", "\(edge.control)"], deadline: .seconds(120))
      #expect(result.output.contains("all good"))
      let requests = origin.log.text.split(separator: "\n").filter { $0.hasPrefix("request") }
      #expect(requests.first == "request OPEN None")
      #expect(requests.contains("request TEXT juliet"))
      #expect(requests.contains("request CLOSE juliet"))
    }
  }
}
