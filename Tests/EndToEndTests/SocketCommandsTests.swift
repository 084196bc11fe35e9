import TestKit
import Testing

extension EndToEnd {
  /// What a consumer of statistics and a sender of commands learn of a WebSocket over HTTP.
  @Suite("WebSockets by their Connection-Id, of us and of Pushpin") struct SocketCommandsTests {
    private static let script = """
      import json, sys, time, tnetstring, zmq
      from websockets.sync.client import connect
      proxy, command, stats = sys.argv[1:4]
      context = zmq.Context()
      sub = context.socket(zmq.SUB)
      sub.connect(stats)
      sub.subscribe(b'')
      def told(test):
          end = time.time() + 60
          while True:
              assert time.time() < end, 'nothing came'
              if not sub.poll(1000): continue
              kind, text = sub.recv().split(b' ', 1)
              members = tnetstring.loads(text[1:])
              if test(kind, members): return members
      def ask(method, **arguments):
          request = context.socket(zmq.REQ)
          request.connect(command)
          request.send(tnetstring.dumps({
              b'method': method, b'args': {name.encode(): value for name, value in arguments.items()}}))
          assert request.poll(30000), 'no answer'
          return tnetstring.loads(request.recv())
      def facts(members):
          return json.dumps({name.decode(): value.decode() if isinstance(value, bytes) else value
                             for name, value in members.items() if name not in (b'from', b'id', b'route')}, sort_keys=True)
      # The subscription arrives in its own time: reports come all the while.
      told(lambda kind, members: kind == b'report')
      with connect('ws://' + proxy + '/chat', ping_interval=None) as socket:
          began = told(lambda kind, members: kind == b'conn' and members.get(b'type') == b'ws')
          identity = began[b'id']
          assert len(identity) == 36, identity
          print('began', facts(began))
          print('id is Connection-Id', socket.recv(timeout=30) == identity.decode())
          print('check', ask(b'conncheck', ids=[identity, b'other'])[b'value'] == [identity])
          print('refresh', facts(ask(b'refresh', cid=identity)))
          print('heard', socket.recv(timeout=30))
          print('unknown', facts(ask(b'refresh', cid=b'4c1f7f4e-0b6b-4d3c-9a3e-5d2b1f0d7a55')))
      ended = told(lambda kind, members: kind == b'conn' and members[b'id'] == identity and b'unavailable' in members)
      print('ended', facts(ended))
      """

    private static func origin() throws -> HTTPDouble {
      try HTTPDouble { request in
        let id = request.fields["Connection-Id"] ?? "none"
        let events =
          switch request.text {
          case "OPEN\r\n": "OPEN\r\nTEXT \(String(id.utf8.count, radix: 16))\r\n\(id)\r\n"
          case "": "TEXT 9\r\nrefreshed\r\n"
          default: request.text.hasPrefix("CLOSE") ? "CLOSE\r\n" : ""
          }
        return .response(status: 200, fields: [("Content-Type", "application/websocket-events")], body: events)
      }
    }

    private static func learn(_ proxy: Address, _ command: String, _ stats: String) throws -> String {
      try Command.run(Python.path, ["-c", script, "\(proxy)", command, stats], deadline: .seconds(120)).output
    }

    @Test func `both tell of it, find it and refresh it the same`() throws {
      for module in ["zmq", "tnetstring", "websockets"] {
        try #require(Python.has(module), "\(module): make test installs it into .venv")
      }
      let origin = try Self.origin()
      let route = "* \(origin.address),over_http\n"
      let (command, stats) = ("tcp://\(try Address.free())", "tcp://\(try Address.free())")
      let edge = try EdgeProcess(
        origin: origin.address, routes: route,
        handler: "command_spec=\(command)\nstats_spec=\(stats)\nstats_format=tnetstring\nstats_report_interval=1\n")
      let ours = try Self.learn(edge.address, command, stats)
      #expect(ours.contains("id is Connection-Id True\ncheck True\n") && ours.contains("heard refreshed\n"), "\(ours)")
      #expect(ours.contains("item-not-found"))
      let pushpin = try Pushpin(routes: route, key: "a key", settings: ["stats_report_interval": "1"], logLevel: 1)
      let theirs = try Self.learn(pushpin.address, pushpin.socket("command"), pushpin.socket("stats"))
      #expect(ours == theirs)
    }
  }
}
