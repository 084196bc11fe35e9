import GRIP
import NIOCore
import Testing

@testable import FanoutBus
@testable import FanoutEdge

@Suite("GRIP §22.1 pushpin.conf")
struct PushpinConfigurationTests {
  private struct NoFile: Error, CustomStringConvertible { let description = "there is no such file" }

  private func read(_ text: String, others: [String: String] = [:]) -> PushpinConfiguration {
    PushpinConfiguration(path: "/etc/pushpin/pushpin.conf") { path in
      if path == "/etc/pushpin/pushpin.conf" { return Array(text.utf8) }
      guard let other = others[path] else { throw NoFile() }
      return Array(other.utf8)
    }
  }

  @Test func `what a file says is taken over`() {
    let configuration = read(
      """
      [global]
      include={libdir}/internal.conf
      port_offset=10

      [runner]
      services=condure,pushpin-proxy,pushpin-handler
      http_port=7999, 127.0.0.1:8000
      log_level=3
      client_buffer_size=8192
      client_maxconn=100

      [proxy]
      # comment
      workers=2
      routesfile=routes
      debug=true
      x_forwarded_for=truncate:1, append
      sig_key="base64:c2VjcmV0"
      upstream_key=up

      [handler]
      push_in_http_addr=127.0.0.1
      push_in_http_port=5561
      push_in_http_max_headers_size=2000
      push_in_http_max_body_size=3000
      message_wait=100
      id_cache_ttl=0
      subscription_linger=5
      connection_subscription_max=7
      update_on_first_subscription=false
      proxy_inspect_specs=ipc://x
      """)
    #expect(configuration.notes.map(\.gravity) == [.remark, .remark])
    #expect(configuration.notes.map(\.line) == [6, 31])
    #expect(configuration.logLevel == 3)
    #expect(configuration.routesFile == "/etc/pushpin/routes")
    let server = configuration.server
    #expect(
      server.edge.listen == [ListenAddress(host: "0.0.0.0", port: 8009), ListenAddress(host: "127.0.0.1", port: 8010)])
    #expect(server.edge.loopCount == 2)
    #expect(server.edge.maxConnections == 100)
    #expect(server.edge.requestLimits.maxHeadBytes == 8192)
    #expect(server.edge.isDebug)
    #expect(server.edge.signatureIssuer == "pushpin")
    #expect(server.edge.signatureKey != nil)
    #expect(server.edge.upstreamKey != nil)
    #expect(server.edge.forwardedFor == ForwardedForRule(keptCount: 1, appendsPeer: true))
    #expect(server.control.listen == [ListenAddress(host: "127.0.0.1", port: 5571)])
    #expect(server.control.maxHeadBytes == 2000)
    #expect(server.control.maxBodyBytes == 3000)
    #expect(server.delivery.sequencer.messageWait == .milliseconds(100))
    #expect(server.delivery.sequencer.duplicateWindow == .zero)
    #expect(server.delivery.sequencer.linger == .seconds(5))
    #expect(server.delivery.channelsPerHold == 7)
    #expect(!server.delivery.updatesOnFirstSubscription)
    #expect(server.validate().isEmpty)
  }

  @Test func `what is unknown, unsupported or dangerous is named with its line`() {
    let configuration = read(
      """
      [runner]
      http_port=7999
      flavour=sweet
      client_maxcon=7
      [proxy]
      sig_key=changeme
      [handler]
      push_in_spec=tcp://127.0.0.1:5560
      push_in_http_port=5561
      push_in_http_addr=0.0.0.0
      """)
    #expect(!configuration.hasErrors)
    #expect(configuration.notes.allSatisfy { $0.source == "/etc/pushpin/pushpin.conf" })
    #expect(configuration.notes.map(\.line) == [3, 4, 6, nil])
    #expect(configuration.notes[1].text.hasSuffix("did you mean client_maxconn?"))
    #expect(configuration.notes[2].text.contains("changeme"))
    #expect(configuration.notes[3].text.hasPrefix("EVERYBODY who reaches 0.0.0.0:5561 may publish"))
    #expect(configuration.server.edge.signatureKey != nil)
    #expect(configuration.server.validate().isEmpty)
  }

  @Test func `compression of WebSockets is off unless it is allowed`() {
    let configuration = read("[runner]\nhttp_port=7999\nallow_compression=true\n[proxy]\nsig_key=k\n")
    #expect(configuration.notes == [])
    #expect(configuration.server.edge.sockets.allowsCompression)
    #expect(!EdgeConfiguration(listen: []).sockets.allowsCompression)
  }

  @Test func `credentials make an open address a closed one`() {
    let configuration = read(
      """
      [runner]
      http_port=7999
      [proxy]
      sig_key=k
      [handler]
      push_in_http_port=5561
      push_in_http_addr=*
      push_in_http_bearer=token
      push_in_http_basic=user:pass
      push_in_http_jwt_key=secret
      push_in_http_realms=r1, r2
      """)
    #expect(configuration.notes == [])
    #expect(configuration.server.control.credentials.count == 3)
    #expect(configuration.server.control.realms == ["r1", "r2"])
    #expect(configuration.server.control.listen == [ListenAddress(host: "0.0.0.0", port: 5561)])
    #expect(!configuration.server.control.allowsOpenNetwork)
  }

  @Test func `every error is named, not the first only`() {
    let configuration = read(
      """
      [runner]
      http_port=eighty
      client_maxconn=-1
      [proxy
      debug=maybe
      nonsense
      sig_key=file:missing.pem
      """)
    #expect(configuration.hasErrors)
    #expect(configuration.notes.filter { $0.gravity == .error }.compactMap(\.line).sorted() == [2, 3, 4, 6])
    #expect(configuration.notes.contains { $0.text.hasPrefix("no server ports configured") })
  }

  @Test func `variables are replaced, and the instance's number takes the place of the prefix`() {
    let text = """
      [global]
      rundir=run
      ipc_prefix=pp-
      [runner]
      http_port=1
      [proxy]
      sig_key=k
      sig_iss={ipc_prefix}-{rundir}-{libdir}-{other}-{
      """
    #expect(read(text).server.edge.signatureIssuer == "pp--/etc/pushpin/run-/usr/lib/pushpin-{other}-{")
    let second = PushpinConfiguration(path: "/etc/p.conf", instance: 2) { _ in Array(text.utf8) }
    #expect(second.server.edge.signatureIssuer == "2--/etc/run-/usr/lib/pushpin-{other}-{")
  }

  @Test func `what Pushpin has no option for stands in a section of its own`() {
    let configuration = read(
      """
      [runner]
      http_port=1
      [proxy]
      sig_key=k
      accept_pushpin_route=true
      cdn_loop=edge.example
      set_x_forwarded_protocol=proto-only
      orig_headers_need_mark=X-A, X-B
      auto_cross_origin=true
      [fanout]
      shutdown-spread=5s
      origins.connections_per_client=7
      limits.body=1MiB
      origin.connections=9
      """)
    #expect(configuration.notes.map(\.line) == [14])
    #expect(configuration.notes[0].text.hasSuffix("did you mean origins.connections?"))
    let server = configuration.server
    #expect(server.delivery.shutdownSpread == .seconds(5))
    #expect(server.edge.origins.maxConnectionsPerClient == 7)
    #expect(server.edge.requestLimits.maxBodyBytes == 1 << 20)
    #expect(server.edge.forwarding.acceptsRouteField && server.edge.isCrossOrigin)
    #expect(server.edge.forwarding.cdnLoopToken == "edge.example")
    #expect(server.edge.forwarding.setsForwardedProtocol == .proto)
    #expect(server.edge.forwarding.fieldsNeedingMark == ["x-a", "x-b"])
    #expect(configuration.places["shutdown.spread"] == "/etc/pushpin/pushpin.conf:11")
    #expect(configuration.places["listen"] == "/etc/pushpin/pushpin.conf:2")
  }

  @Test func `an included file gives what the file itself does not say`() {
    let configuration = read(
      "[global]\ninclude=base.conf\n[runner]\nhttp_port=1000\n[proxy]\nsig_key=a\n",
      others: ["/etc/pushpin/base.conf": "[runner]\nhttp_port=2000\nlog_level=4\n[proxy]\nsig_iss=base\n"])
    #expect(configuration.notes == [])
    #expect(configuration.server.edge.listen.map(\.port) == [1000])
    #expect(configuration.logLevel == 4)
    #expect(configuration.server.edge.signatureIssuer == "base")
  }

  @Test func `a file that includes itself, or is not there, is an error and no loop`() {
    let circle = read("[global]\ninclude=/etc/pushpin/pushpin.conf\n[runner]\nhttp_port=1\n")
    #expect(circle.notes.contains { $0.text.contains("nested deeper") })
    let missing = PushpinConfiguration(path: "/nowhere/pushpin.conf")
    #expect(missing.notes.contains { $0.text.contains("No such file") })
    #expect(missing.hasErrors)
  }

  @Test(arguments: [
    ("7999", "0.0.0.0", 7999), ("127.0.0.1:80", "127.0.0.1", 80), ("[::1]:80", "::1", 80), ("*:1", "0.0.0.0", 1),
    ("localhost:0", "localhost", 0),
  ])
  func `addresses are read`(text: String, host: String, port: Int) {
    #expect(PushpinConfiguration.address(text) == ListenAddress(host: host, port: port))
  }

  @Test(arguments: ["", ":80", "a", "1.2.3.4", "1.2.3.4:", "1.2.3.4:70000", "-1", "[]:1", "::1:80"])
  func `what is no address is refused`(text: String) {
    #expect(PushpinConfiguration.address(text) == nil)
  }

  @Test func `what bounds deliveries is taken over, but for what every unchanged file says`() {
    func delivery(_ text: String) -> DeliveryConfiguration {
      let file = "[runner]\nhttp_port=7999\n[proxy]\nsig_key=a\n[handler]\n" + text
      return PushpinConfiguration(path: "/pushpin.conf") { _ in Array(file.utf8) }.server.delivery
    }
    let shipped = delivery("message_rate=2500\nmessage_hwm=25000\nmessage_block_size=\n")
    #expect(shipped.deliveriesPerSecond == 0 && shipped.deliveriesWaiting == 0 && shipped.blockBytes == 0)
    let own = delivery("message_rate=5000\nmessage_hwm=100\nmessage_block_size=1400\n")
    #expect(own.deliveriesPerSecond == 5000 && own.deliveriesWaiting == 100 && own.blockBytes == 1400)
    #expect(delivery("message_rate=-1\n").deliveriesPerSecond == 0)
  }
}
