import NIOCore
import ServerKit
import Testing

@testable import FanoutEdge

@Suite("Options for the person who runs an edge")
struct OperationOptionsTests {
  private func read(_ text: String) -> PushpinConfiguration {
    PushpinConfiguration(path: "pushpin.conf") { _ in Array(text.utf8) }
  }

  @Test func `metrics, logs and stopping are set in pushpin.conf`() {
    let configuration = read(
      """
      [runner]
      http_port=127.0.0.1:7999
      log_format=json
      access_log=true
      shutdown_delay=5
      shutdown_spread=6
      shutdown_grace=7
      shutdown_limit=8
      [proxy]
      log_from=true
      log_user_agent=true
      pass_request_id=true
      trace_sampling=0.25
      prometheus_port=9000
      sig_key=k
      [handler]
      prometheus_port=127.0.0.1:9001
      prometheus_prefix=edge_
      """)
    #expect(configuration.notes.isEmpty, "\(configuration.notes)")
    #expect(configuration.logFormat == .json && configuration.logsAccess)
    #expect(configuration.server.drain.delay == .seconds(5) && configuration.server.drain.limit == .seconds(8))
    #expect(configuration.server.delivery.shutdownSpread == .seconds(6))
    #expect(configuration.server.edge.shutdownGrace == .seconds(7))
    let records = configuration.server.edge.records
    #expect(records.logsPeer && records.logsUserAgent && records.passesRequestID && records.traceSampling == 0.25)
    #expect(
      configuration.server.metrics.listen == [
        ListenAddress(host: "0.0.0.0", port: 9000), ListenAddress(host: "127.0.0.1", port: 9001),
      ])
    #expect(configuration.server.metrics.prefix == "edge_")
  }

  @Test(arguments: [
    ("runner", "log_format=xml"), ("runner", "shutdown_delay=soon"), ("runner", "access_log=maybe"),
    ("proxy", "trace_sampling=2"), ("proxy", "trace_sampling=nan"), ("proxy", "prometheus_port=ipc://"),
    ("proxy", "prometheus_port=ipc:///s?http2"), ("proxy", "prometheus_port=unix:/s"),
    ("handler", "prometheus_port=x"), ("proxy", "log_from=1"),
  ])
  func `a value that is wrong is an error with its line`(section: String, line: String) {
    let notes = read("[runner]\nhttp_port=7999\n[\(section)]\n\(line)\n[proxy]\nsig_key=k\n").notes
    #expect(notes.map(\.gravity) == [.error] && notes.first?.line == 4, "\(notes)")
  }

  @Test func `metrics go to a Unix socket where the port names one, with the mode of the other files`() throws {
    let configuration = read(
      """
      [global]
      rundir=/run/edge
      [runner]
      http_port=7999
      [proxy]
      sig_key=k
      prometheus_port=ipc://{rundir}/metrics
      [handler]
      prometheus_port=9001
      ipc_file_mode=660
      """)
    #expect(configuration.notes.filter { $0.gravity == .error }.isEmpty, "\(configuration.notes)")
    let server = configuration.server
    #expect(
      server.metrics.listen == [
        ListenAddress(local: LocalSocket(path: "/run/edge/metrics")), ListenAddress(host: "0.0.0.0", port: 9001),
      ])
    #expect(server.metrics.control(fileMode: server.zeroMQ.fileMode).listen[0].local?.mode == 0o660)
    let own = try EdgeFlags(["--metrics", "ipc:///run/own?mode=600", "--route", "* localhost:1"])
    #expect(EdgeSetup(own).server.metrics.listen == [ListenAddress(local: LocalSocket(path: "/run/own", mode: 0o600))])
  }

  @Test func `flags win over the file`() throws {
    let flags = try EdgeFlags([
      "--log-format", "json", "--access-log", "--metrics", "127.0.0.1:9002", "--route", "* localhost:1", "--id", "2",
    ])
    let setup = EdgeSetup(flags)
    #expect(setup.logFormat == .json && setup.logsAccess)
    #expect(setup.server.metrics.listen == [ListenAddress(host: "127.0.0.1", port: 9022)])
    #expect(throws: EdgeFlags.Problem.self) { try EdgeFlags(["--log-format", "xml"]) }
  }
}
