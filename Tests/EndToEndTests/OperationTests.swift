import Foundation
import TestKit
import Testing

extension EndToEnd {
  /// What the person who runs an edge does with it.
  @Suite("Operating an edge") struct OperationTests {
    private func fanout(_ words: [String]) throws -> String {
      try Command.run(try Products.path("fanout"), words).output
    }

    private func metrics(of edge: EdgeProcess) throws -> String {
      try HTTPConnection.exchange(edge.control, HTTPRequest("GET", "/metrics")).text
    }

    /// An edge with someone who listens to `news`.
    private func held(proxy: String = "", handler: String = "", options: [String] = []) throws -> (
      edge: EdgeProcess, listener: HTTPConnection, origin: HTTPDouble
    ) {
      let origin = try HostileClientsTests.origin()
      let edge = try EdgeProcess(origin: origin.address, proxy: proxy, handler: handler, options: options)
      let listener = try HTTPConnection(to: edge.address)
      try listener.send(HTTPRequest("GET", "/stream"))
      _ = try listener.readHead()
      #expect(try listener.readChunk() == Array("welcome\n".utf8))
      return (edge, listener, origin)
    }

    @Test func `Prometheus' own parser reads the metrics`() throws {
      try #require(Python.has("prometheus_client"), "make test installs it into .venv")
      let (edge, listener, origin) = try held()
      defer { withExtendedLifetime((listener, origin)) {} }
      // The welcome leaves before the listener is known everywhere; what is published in that moment passes it by.
      let deadline = Date(timeIntervalSinceNow: 30)
      while Date() < deadline, try !metrics(of: edge).contains("fanout_held{transport=\"stream\"} 1\n") {
        usleep(20_000)
      }
      try edge.publish(Publish.stream("news", "hello"))
      #expect(try listener.readChunk() == Array("hello".utf8))
      let script = """
        import sys, urllib.request
        from prometheus_client.parser import text_string_to_metric_families
        text = urllib.request.urlopen(sys.argv[1] + '/metrics').read().decode()
        families = {f.name: f for f in text_string_to_metric_families(text)}
        def value(name, **labels):
            return [s.value for f in families.values() for s in f.samples if s.name == name and s.labels == labels]
        assert families['request_received'].type == 'counter', families['request_received']
        assert families['connection_connected'].type == 'gauge'
        assert value('fanout_held', transport='stream') == [1.0], value('fanout_held', transport='stream')
        assert value('message_sent') == [1.0] or value('message_sent_total') == [1.0], text
        histogram = families['fanout_origin_response_seconds']
        assert histogram.type == 'histogram'
        buckets = [s for s in histogram.samples if s.name.endswith('_bucket')]
        assert buckets[-1].labels['le'] == '+Inf' and buckets[-1].value == 1.0, buckets
        assert all(f.documentation for f in families.values()), families
        lines = [l for l in text.splitlines() if l and not l.startswith('#')]
        assert len(lines) == sum(len(f.samples) for f in families.values())
        """
      try Command.run(Python.path, ["-c", script, "http://\(edge.control)"])
    }

    @Test func `metrics are served on a Unix socket, with its mode, and the file goes with the edge`() throws {
      let folder = try TemporaryFolder()
      let path = folder.file("run/metrics")
      let (edge, listener, origin) = try held(proxy: "prometheus_port=ipc://\(path)?mode=640")
      defer { withExtendedLifetime((listener, origin)) {} }
      #expect(edge.process.log.text.contains("metrics unix:\(path)"))
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o640)
      let text = try Command.run("curl", ["-sS", "--unix-socket", path, "http://edge/any/path"]).output
      #expect(text.contains("fanout_ready 1\n") && text.contains("# TYPE request_received counter\n"))
      #expect(try Command.run("curl", ["-sS", "--unix-socket", path, "http://edge/readyz"]).output == "ready\n")
      let other = try Command.result(
        "curl", ["-sS", "-w", "%{http_code}", "--unix-socket", path, "-d", "{}", "http://edge/publish/"])
      #expect(other.output.hasSuffix("405"), "\(other.output)")
      edge.process.signal(SIGTERM)
      _ = try edge.process.waitForEnd(within: .seconds(30))
      #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `the standalone server writes its log as JSON where it is told to`() throws {
      let server = try Standalone(options: ["--log-format", "json", "--log-level", "debug"])
      _ = try HTTPConnection.exchange(server.web, HTTPRequest("GET", "/"))
      try server.process.stop()
      let lines = server.process.log.text.split(separator: "\n").filter { !$0.hasPrefix("buddycloud is ready") }
      #expect(!lines.isEmpty)
      for line in lines {
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["time"] is String && object?["level"] is String && object?["message"] is String, "\(line)")
      }
      let wrong = try Command.result(try Products.path("buddycloud"), ["serve", "--log-format", "xml"])
      #expect(wrong.ending == .exited(1) && wrong.output.contains("log-format"), "\(wrong.output)")
    }

    @Test func `the commands say who listens, where a request would go, and end what they are told to`() throws {
      let (edge, listener, origin) = try held()
      let control = ["--control", "http://\(edge.control)"]
      #expect(try fanout(["channels"] + control).contains(#/news +0 +1/#))
      #expect(try fanout(["connections", "--transport", "stream"] + control).contains(#/stream +held/#))
      #expect(try fanout(["connections", "--json"] + control).hasPrefix(#"{"total":"#))
      #expect(try fanout(["routes"] + control).contains("\(origin.address)"))
      let run = try fanout(["routes", "http://example.org/x?y", "-H", "X-Mine: 1"] + control)
      #expect(
        run.contains("sent     GET /x?y") && run.contains("X-Mine: 1") && run.contains("Grip-Sig: (a fresh token)"))
      #expect(try fanout(["stats"] + control).contains("phase  serving"))
      #expect(try fanout(["close", "--channel", "news"] + control) == "1 connection closed\n")
      #expect(try listener.isClosedByPeer(within: .seconds(20)))
      let again = try Command.result(try Products.path("fanout"), ["close", "--channel", "news"] + control)
      #expect(again.ending == .exited(1))
    }

    @Test func `an edge with credentials lets its commands in with them only`() throws {
      let (edge, listener, origin) = try held(handler: "push_in_http_bearer=secret")
      defer { withExtendedLifetime((listener, origin)) {} }
      let control = ["--control", "http://\(edge.control)"]
      #expect(try fanout(["channels", "--bearer", "secret"] + control).contains("news"))
      let refused = try Command.result(try Products.path("fanout"), ["channels"] + control)
      #expect(refused.ending != .exited(0))
      #expect(refused.output.contains("401"))
      #expect(try HTTPConnection.exchange(edge.control, HTTPRequest("GET", "/readyz")).status == 200)
    }

    @Test func `logs are JSON where that is wanted, in a file that SIGHUP opens anew`() throws {
      let folder = try TemporaryFolder()
      let (log, old) = (folder.file("edge.log"), folder.file("edge.log.1"))
      let (edge, listener, origin) = try held(
        proxy: "log_from=true", options: ["--logfile", log, "--log-format", "json", "--access-log"])
      defer { withExtendedLifetime((listener, origin)) {} }
      _ = try HTTPConnection.exchange(edge.address, HTTPRequest("GET", "/plain?token=secret"))
      let first = try line("\"message\":\"request\"", in: log)
      let fields = try #require(try JSONSerialization.jsonObject(with: Data(first.utf8)) as? [String: Any])
      #expect(fields["path"] as? String == "/plain" && fields["from"] as? String == "127.0.0.1")
      #expect(fields["ms"] is Int && fields["request.id"] is String)
      try FileManager.default.moveItem(atPath: log, toPath: old)
      edge.process.signal(SIGHUP)
      _ = try line("routes loaded", in: log)
      #expect(try edge.process.stop() == .exited(0))
      let rest = try String(contentsOfFile: log, encoding: .utf8)
      #expect(rest.contains("\"message\":\"stopping\"") && rest.contains("\"message\":\"stopped\""))
      #expect(try !String(contentsOfFile: old, encoding: .utf8).contains("secret"))
    }

    @Test func `SIGTERM says not ready at once, and a second one ends at once`() throws {
      let origin = try HostileClientsTests.origin()
      let folder = try TemporaryFolder()
      try folder.write("routes", "* \(origin.address)\n")
      let file = try folder.write(
        "pushpin.conf",
        """
        [runner]
        http_port=127.0.0.1:0
        shutdown_delay=3600
        shutdown_limit=7200
        [proxy]
        routesfile=routes
        sig_key=a key
        [handler]
        push_in_http_addr=127.0.0.1
        push_in_http_port=0
        prometheus_port=127.0.0.1:0

        """)
      let process = try ChildProcess(try Products.path("fanout"), ["edge", "--config", file])
      let ready = process.log.firstValue(within: .seconds(30)) { line -> [Address]? in
        let found = line.matches(of: #/http://[0-9.]+:[0-9]+/#).compactMap { Address(url: $0.output) }
        return line.contains("ready") && found.count == 3 ? found : nil
      }
      let addresses = try #require(ready)
      #expect(try HTTPConnection.exchange(addresses[2], HTTPRequest("GET", "/any")).text.contains("request_received 0"))
      #expect(try HTTPConnection.exchange(addresses[2], HTTPRequest("GET", "/readyz")).status == 200)
      process.signal(SIGTERM)
      let deadline = Date(timeIntervalSinceNow: 30)
      var status = 200
      while status != 503, Date() < deadline {
        status = try HTTPConnection.exchange(addresses[2], HTTPRequest("GET", "/readyz")).status
      }
      #expect(status == 503)
      // For an hour it still takes clients.
      #expect(try HTTPConnection.exchange(addresses[0], HTTPRequest("GET", "/plain")).status < 500)
      process.signal(SIGTERM)
      #expect(try process.waitForEnd(within: .seconds(30)) == .exited(1))
    }

    @Test func `a port that is taken is said in one line`() throws {
      let taken = try HTTPDouble { _ in .response(status: 200, body: "") }
      let folder = try TemporaryFolder()
      for option in ["--listen", "--api-listen", "--control-listen"] {
        var words = ["serve", "--data-dir", folder.file("data")]
        for name in ["--listen", "--api-listen", "--control-listen"] {
          words += [name, name == option ? "\(taken.address)" : "127.0.0.1:0"]
        }
        let result = try Command.result(try Products.path("buddycloud"), words)
        #expect(result.ending == .exited(1))
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 1, "\(lines)")
        #expect(
          lines.first?.contains("\(taken.address)") == true && lines.first?.hasSuffix("Address already in use") == true)
      }
    }

    /// The first line of a growing file that contains a text.
    private func line(_ text: String, in file: String) throws -> String {
      let deadline = Date(timeIntervalSinceNow: 30)
      while Date() < deadline {
        let all = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        if let found = all.split(separator: "\n").first(where: { $0.contains(text) }), all.hasSuffix("\n") {
          return String(found)
        }
        usleep(20_000)
      }
      throw TestFailure("no line with '\(text)' in \(file)")
    }
  }
}
