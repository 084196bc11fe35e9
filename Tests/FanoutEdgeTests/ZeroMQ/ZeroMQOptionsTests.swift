import Testing

@testable import FanoutEdge

@Suite("Options of ZeroMQ sockets and statistics")
struct ZeroMQOptionsTests {
  private func read(_ text: String, instance: Int = 0) -> PushpinConfiguration {
    PushpinConfiguration(path: "/etc/pushpin/pushpin.conf", instance: instance) { _ in
      Array("[runner]\nhttp_port=7999\n[proxy]\nsig_key=k\n\(text)".utf8)
    }
  }

  private static let full = """
    [global]
    rundir=run
    ipc_prefix=pushpin-
    port_offset=100
    stats_connection_ttl=30
    stats_connection_send=false
    [handler]
    push_in_spec=tcp://127.0.0.1:5560
    push_in_sub_specs=tcp://127.0.0.1:5562, ipc://{rundir}/{ipc_prefix}sub
    push_in_sub_spec=ipc://{other}
    push_in_sub_connect=true
    command_spec=tcp://127.0.0.1:5563
    ipc_file_mode=770
    stats_spec=ipc://{rundir}/{ipc_prefix}stats
    stats_subscription_ttl=20
    stats_report_interval=5
    stats_format=json
    subscription_linger=7
    message_block_size=1024
    """

  @Test func `every option is taken over`() {
    let configuration = read(Self.full)
    #expect(configuration.notes.isEmpty)
    let zeroMQ = configuration.server.zeroMQ
    #expect(zeroMQ.pull?.description == "push_in_spec: tcp://127.0.0.1:5660")
    #expect(zeroMQ.command?.address == "tcp://127.0.0.1:5663")
    #expect(
      zeroMQ.subscribe.map(\.address) == [
        "tcp://127.0.0.1:5662", "ipc:///etc/pushpin/run/pushpin-sub", "ipc://{other}",
      ])
    #expect(zeroMQ.subscribesByConnecting)
    #expect(zeroMQ.fileMode == 0o770)
    let statistics = configuration.server.statistics
    #expect(statistics.publish?.address == "ipc:///etc/pushpin/run/pushpin-stats")
    #expect(statistics.connectionTTL == .seconds(30))
    #expect(!statistics.sendsConnections)
    #expect(statistics.subscriptionTTL == .seconds(20))
    #expect(statistics.reportInterval == .seconds(5))
    #expect(statistics.format == .json)
    #expect(configuration.server.statisticsInEffect.pollLinger == .seconds(7))
    #expect(configuration.server.statisticsInEffect.blockBytes == 1024)
    #expect(configuration.server.validate().isEmpty)
  }

  @Test func `an instance has its own ports and names`() {
    var settings = read(Self.full, instance: 3).settings
    settings.shiftZeroMQPorts(by: 30)
    let server = settings.server
    #expect(server.zeroMQ.pull?.address == "tcp://127.0.0.1:5690")
    #expect(server.zeroMQ.subscribe.first?.address == "tcp://127.0.0.1:5692")
    #expect(server.statistics.publish?.address == "ipc:///etc/pushpin/run/3-stats")
  }

  @Test func `without options nothing is open`() {
    #expect(read("").server.zeroMQ.isEmpty)
    #expect(read("[handler]\npush_in_spec=\ncommand_spec=\nstats_spec=\n").server.zeroMQ.isEmpty)
    #expect(!read("").server.usesZeroMQ)
    #expect(!PushpinConfiguration().server.usesZeroMQ)
  }

  @Test func `fanout yaml and the environment have them by their own names`() {
    let configuration = FanoutConfiguration(path: "/etc/fanout/fanout.yaml") { _ in
      Array(
        """
        zeromq:
          pull: tcp://127.0.0.1:5560
          subscribe:
            - tcp://127.0.0.1:5562
            - ipc:///run/fanout/sub
          file-mode: 660
        statistics:
          publish: ipc:///run/fanout/stats
          format: json
          report-interval: 0s
        """.utf8)
    }
    #expect(configuration.notes.isEmpty)
    let server = configuration.settings.server
    #expect(server.zeroMQ.pull?.description == "zeromq.pull: tcp://127.0.0.1:5560")
    #expect(server.zeroMQ.subscribe.map(\.address) == ["tcp://127.0.0.1:5562", "ipc:///run/fanout/sub"])
    #expect(server.zeroMQ.fileMode == 0o660)
    #expect(server.statistics.publish?.address == "ipc:///run/fanout/stats")
    #expect(server.statistics.format == .json)
    #expect(server.statistics.reportInterval == .zero)
    #expect(EdgeOptions.variable("FANOUT_ZEROMQ_PULL")?.key == "zeromq.pull")
  }

  @Test func `a socket that others reach is named`() {
    let notes = read("[handler]\npush_in_spec=tcp://*:5560\npush_in_sub_spec=tcp://0.0.0.0:5562\n").settings
      .openZeroMQNotes(source: "pushpin.conf")
    #expect(notes.count == 2)
    #expect(notes.allSatisfy { $0.gravity == .warning && $0.text.contains("EVERYBODY who reaches tcp://") })
  }

  @Test(arguments: [
    "push_in_spec=udp://127.0.0.1:1", "command_spec=tcp://127.0.0.1", "stats_spec=ipc://",
    "push_in_sub_spec=tcp://127.0.0.1:70000", "stats_spec=inproc://x",
  ])
  func `an address that cannot be one is refused with its setting`(line: String) {
    let problems = read("[handler]\n\(line)\n").server.validate()
    #expect(problems.count == 1)
    #expect(problems.first?.key == line.split(separator: "=").first.map(String.init))
    #expect(problems.first?.text.contains("ipc://path are accepted") == true)
  }

  @Test(arguments: [
    "stats_format=xml", "ipc_file_mode=999", "ipc_file_mode=7777", "stats_subscription_ttl=0",
    "stats_report_interval=-1", "push_in_sub_connect=maybe", "message_block_size=x",
  ])
  func `a value that is not accepted is an error`(line: String) {
    let notes = read("[handler]\n\(line)\n").notes
    #expect(notes.count == 1)
    #expect(notes.first?.gravity == .error)
    #expect(notes.first?.line == 6)
  }
}
