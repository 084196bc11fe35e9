import FanoutBus
import Testing

@testable import FanoutEdge

@Suite("What the documents say of the configuration")
struct DocumentedOptionsTests {
  private func document(_ name: String) throws -> String {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    return String(decoding: try SystemFile.read("/\(root)/docs/\(name)"), as: UTF8.self)
  }

  @Test func `docs/edge-configuration.md is what print-config prints`() throws {
    #expect(
      try document("edge-configuration.md").contains("```yaml\n\(EdgeSetup.reference())```"),
      "run scripts/configuration-docs.sh")
  }

  @Test func `docs/compatibility.md has every key of Pushpin's and every property of a route`() throws {
    let text = try document("compatibility.md")
    var names = ["global", "runner", "proxy", "handler"].flatMap(PushpinKeys.names(of:))
    names += RouteDraft.names.filter { $0 != "grip" } + OriginTargetParser.names
    for name in names {
      #expect(text.contains("`\(name)`") || text.contains("] \(name)`"), "\(name)")
    }
  }
}

@Suite("A pushpin.conf with everything in it")
struct WholePushpinFileTests {
  /// Every key that a shipped file has, with the value that it has there.
  private static let text = """
    [global]
    include={libdir}/internal.conf
    rundir=run
    libdir=/usr/lib/pushpin
    ipc_prefix=pushpin-
    port_offset=0
    stats_connection_ttl=120
    stats_connection_send=true
    [runner]
    services=connmgr,proxy,handler
    http_port=7999
    https_ports=
    local_ports=
    logdir=log
    log_level=2,proxy:3
    client_buffer_size=8192
    client_maxconn=50
    allow_compression=false
    condure_bin=condure
    mongrel2_bin=mongrel2
    m2sh_bin=m2sh
    zurl_bin=zurl
    [proxy]
    workers=1
    routesfile=routes
    debug=false
    auto_cross_origin=false
    accept_x_forwarded_protocol=false
    set_x_forwarded_protocol=proto-only
    x_forwarded_for=
    x_forwarded_for_trusted=
    orig_headers_need_mark=
    accept_pushpin_route=false
    cdn_loop=
    log_from=false
    log_user_agent=false
    sig_iss=pushpin
    sig_key=changeme
    upstream_key=
    sockjs_url=http://cdn.example/sockjs.min.js
    max_open_requests=1000
    stats_connections_max_ttl=60
    stats_report_interval=10
    updates_check=off
    organization_name=
    zurl_out_specs=ipc://{rundir}/x
    handler_inspect_spec=ipc://{rundir}/x
    [handler]
    push_in_http_addr=127.0.0.1
    push_in_http_port=5561
    push_in_http_max_headers_size=10000
    push_in_http_max_body_size=1000000
    message_block_size=
    message_wait=5000
    id_cache_ttl=60
    update_on_first_subscription=true
    connection_subscription_max=20
    subscription_linger=60
    stats_subscription_ttl=60
    stats_report_interval=10
    stats_format=tnetstring
    proxy_inspect_spec=ipc://{rundir}/x
    """

  @Test func `no key is an error or unknown`() {
    let configuration = PushpinConfiguration(path: "/etc/pushpin/pushpin.conf") { _ in Array(Self.text.utf8) }
    #expect(!configuration.hasErrors, "\(configuration.notes)")
    #expect(!configuration.notes.contains { $0.text.contains("there is no such option") }, "\(configuration.notes)")
    #expect(configuration.server.edge.forwardedFor == .pass)
    #expect(configuration.server.delivery.sequencer.messageWait == .milliseconds(5000))
    #expect(configuration.logLevel == 2)
  }

  @Test func `no part of a file stops the reader`() {
    let bytes = Array(Self.text.utf8)
    for end in stride(from: 0, through: bytes.count, by: 3) {
      let configuration = PushpinConfiguration(path: "/etc/p.conf") { _ in Array(bytes[..<end]) }
      #expect(configuration.notes.count < 40)
    }
  }
}
