import TestKit
import Testing

extension EndToEnd {
  @Suite("Publishers over ZeroMQ that others wrote") struct PythonPublishersTests {
    private static let handler = """
      push_in_spec=tcp://127.0.0.1:*
      push_in_sub_specs=tcp://127.0.0.1:*
      command_spec=tcp://127.0.0.1:*
      stats_spec=tcp://127.0.0.1:*
      stats_format=tnetstring
      subscription_linger=1
      """

    /// The address that the edge tells under a name.
    private static func address(_ name: String, of edge: EdgeProcess) throws -> String {
      let found = edge.process.log.firstValue(within: .seconds(30)) { line -> String? in
        guard line.contains("ready") else { return nil }
        let words = line.split(separator: " ")
        return words.firstIndex { $0 == name }.map { String(words[$0 + 1]) }
      }
      return try #require(found)
    }

    private static func listener(to edge: EdgeProcess) throws -> HTTPConnection {
      let listener = try HTTPConnection(to: edge.address)
      try listener.send(HTTPRequest("GET", "/stream"))
      _ = try listener.readHead()
      #expect(try listener.readChunk() == Array("welcome\n".utf8))
      return listener
    }

    init() throws {
      for module in ["zmq", "tnetstring", "gripcontrol"] {
        try #require(Python.has(module), "\(module): make test installs it into .venv")
      }
    }

    @Test func `gripcontrol finds the sockets by the command socket and pushes`() throws {
      let origin = try HostileClientsTests.origin()
      let edge = try EdgeProcess(origin: origin.address, handler: Self.handler)
      let listener = try Self.listener(to: edge)
      try Command.run(
        Python.path,
        [
          "-c",
          """
          import time
          from gripcontrol import GripPubControl
          publisher = GripPubControl({'control_zmq_uri': '\(try Self.address("command", of: edge))'})
          publisher.publish_http_stream('news', 'pushed\\n', 'id-1', None, blocking=True)
          publisher.publish_http_stream('news', 'again \\u00e9\\n', 'id-2', 'id-1', blocking=True)
          time.sleep(2)
          """,
        ])
      #expect(try listener.readChunk() == Array("pushed\n".utf8))
      #expect(try listener.readChunk() == Array("again \u{e9}\n".utf8))
    }

    @Test func `gripcontrol publishes only where somebody listens, and sees who does`() throws {
      let origin = try HostileClientsTests.origin()
      let edge = try EdgeProcess(origin: origin.address, handler: Self.handler)
      let listener = try Self.listener(to: edge)
      let script = """
        import threading
        from gripcontrol import GripPubControl
        heard = threading.Event()
        def changed(kind, channel):
            if (kind, channel) == ('sub', 'news'): heard.set()
        publisher = GripPubControl(
            {'control_zmq_uri': '\(try Self.address("command", of: edge))', 'require_subscribers': True}, changed)
        assert heard.wait(30)
        publisher.publish_http_stream('news', 'to a subscriber\\n', blocking=True)
        import time
        time.sleep(2)
        """
      try Command.run(Python.path, ["-c", script])
      #expect(try listener.readChunk() == Array("to a subscriber\n".utf8))
    }

    /// What a consumer of statistics learns from a stream, a long-poll, an item for both, and their ends: without names,
    /// times and repetitions.
    private static func story(stats: String, proxy: Address, control: Address) throws -> String {
      let script = """
        import json, socket, sys, time, tnetstring, urllib.request, zmq
        stats, host, port, control = sys.argv[1:5]
        sub = zmq.Context().socket(zmq.SUB)
        sub.connect(stats)
        sub.subscribe(b'')
        story = set()
        def read(until):
            end = time.time() + 60
            while not until():
                assert time.time() < end, story
                if not sub.poll(1000): continue
                kind, text = sub.recv().split(b' ', 1)
                members = tnetstring.loads(text[1:])
                facts = {name.decode(): value.decode() if isinstance(value, bytes) else value
                         for name, value in members.items() if name not in (b'from', b'id', b'route')}
                if kind in (b'sub', b'conn', b'message') and facts.get('channel') != 'probe':
                    story.add(kind.decode() + ' ' + json.dumps(facts, sort_keys=True))
                if kind == b'report':
                    story.add('report: ' + ' '.join(sorted(name.decode() for name in members)))
        def heard(*words):
            return lambda: any(all(word in line for word in words) for line in story)
        def ask(path):
            client = socket.create_connection((host, int(port)))
            client.sendall(('GET %s HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' % path).encode())
            return client
        read(heard('report: '))
        stream = ask('/stream')
        read(heard('sub', '"stream"'))
        poll = ask('/poll')
        read(heard('sub', '"response"'))
        item = {'channel': 'news', 'id': '1', 'formats': {
            'http-response': {'body': 'a'}, 'http-stream': {'content': 'b'}, 'ws-message': {'content': 'c'}}}
        urllib.request.urlopen(urllib.request.Request(
            'http://' + control + '/publish/', data=json.dumps({'items': [item]}).encode())).read()
        read(lambda: heard('message', 'http-response')() and heard('message', 'http-stream')())
        stream.close()
        read(heard('sub', '"stream"', 'unavailable'))
        read(heard('conn', 'unavailable'))
        print('\\n'.join(sorted(story)))
        """
      return try Command.run(
        Python.path, ["-c", script, stats, "127.0.0.1", "\(proxy.port)", "\(control)"], deadline: .seconds(120)
      ).output
    }

    @Test func `a consumer of statistics learns the same of us and of Pushpin`() throws {
      let origin = try HTTPDouble { request in
        let mode = request.target == "/poll" ? "response" : "stream"
        return .response(status: 200, fields: [("Grip-Hold", mode), ("Grip-Channel", "news")], body: "open\n")
      }
      let handler = Self.handler + "\nsubscription_linger=60\nstats_report_interval=10\n"
      let edge = try EdgeProcess(origin: origin.address, handler: handler)
      let ours = try Self.story(
        stats: try Self.address("stats", of: edge), proxy: edge.address, control: edge.control)
      let pushpin = try Pushpin(origin: origin.address, key: "a key")
      let theirs = try Self.story(stats: pushpin.socket("stats"), proxy: pushpin.address, control: pushpin.control)
      #expect(ours == theirs)
      #expect(ours.contains(#"message {"channel": "news", "count": 1, "item-id": "1", "transport": "http-stream"}"#))
    }

    @Test func `a REQ client asks, and a SUB client reads statistics`() throws {
      let script = """
        import socket, sys, tnetstring, zmq
        command, stats, host, port = sys.argv[1:5]
        context = zmq.Context()
        sub = context.socket(zmq.SUB)
        sub.connect(stats)
        sub.subscribe(b'')
        def wait(test):
            while True:
                assert sub.poll(30000), 'nothing came'
                kind, text = sub.recv().split(b' ', 1)
                assert text[:1] == b'T'
                members = tnetstring.loads(text[1:])
                if test(kind, members): return members
        # The subscription arrives in its own time: reports come all the while.
        def ask(body):
            request = context.socket(zmq.REQ)
            request.connect(command)
            request.send(body)
            assert request.poll(30000), 'no answer'
            return tnetstring.loads(request.recv())
        assert ask(b'garbage')[b'condition'] == b'bad-request'
        assert ask(b'5:abc,')[b'condition'] == b'bad-request'
        assert ask(tnetstring.dumps({b'method': b'nope'}))[b'condition'] == b'method-not-found'
        uris = ask(tnetstring.dumps({b'id': b'x', b'method': b'get-zmq-uris'}))
        assert uris[b'id'] == b'x' and set(uris[b'value']) == {b'command', b'publish-pull', b'publish-sub'}
        wait(lambda kind, members: kind == b'report')
        client = socket.create_connection((host, int(port)))
        client.sendall(b'GET /stream HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')
        conn = wait(lambda kind, members: kind == b'conn' and members.get(b'type') == b'http')
        assert conn[b'peer-address'] == b'127.0.0.1' and conn[b'ttl'] == 120
        subscription = wait(lambda kind, members: kind == b'sub')
        assert subscription[b'channel'] == b'news' and subscription[b'mode'] == b'stream'
        assert subscription[b'subscribers'] == 1
        ids = [conn[b'id'], b'nobody:1']
        there = ask(tnetstring.dumps({b'method': b'conncheck', b'args': {b'ids': ids}}))
        assert there[b'value'] == [conn[b'id']], there
        client.close()
        gone = wait(lambda kind, members: kind == b'conn' and members[b'id'] == conn[b'id'])
        assert gone[b'unavailable'] is True
        """
      let handler = Self.handler + "\nstats_report_interval=1\n"
      let origin = try HostileClientsTests.origin()
      let edge = try EdgeProcess(origin: origin.address, handler: handler)
      try Command.run(
        Python.path,
        [
          "-c", script, try Self.address("command", of: edge), try Self.address("stats", of: edge),
          "127.0.0.1", "\(edge.address.port)",
        ])
    }
  }
}
