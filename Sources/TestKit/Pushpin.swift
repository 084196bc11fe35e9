import Foundation

/// Debian's Pushpin, started from its own four programs in a folder of its own, on free ports.
///
/// Debian leaves zurl to the init system, so each program is started by hand with what the runner would give it.
package final class Pushpin {
  /// Where clients connect.
  package let address: Address
  /// Where publishers post.
  package let control: Address
  /// Where clients connect by TLS.
  package let secureAddress: Address?
  /// The key that it signs requests with.
  package let key: String
  private let folder: TemporaryFolder
  private let probe: HTTPDouble
  private let processes: [ChildProcess]

  /// What the process that holds requests has written.
  package var handlerLog: OutputLog { processes[3].log }

  /// Whether its programs are installed.
  package static var isInstalled: Bool {
    ["condure", "zurl", "pushpin-proxy", "pushpin-handler"].allSatisfy(Command.exists)
      && FileManager.default.fileExists(atPath: "/usr/lib/pushpin/internal.conf")
  }

  /// Starts it in front of an origin, which need not be there yet, and waits until it holds a request.
  ///
  /// - Parameter upstreamKey: makes it the inner one of two proxies: who signs with this key gets instructions untouched.
  package convenience init(origin: Address, key: String, upstreamKey: String? = nil) throws {
    try self.init(
      routes: "* \(origin)\n", key: key, settings: upstreamKey.map { ["upstream_key": $0] } ?? [:], logLevel: 1)
  }

  /// Starts it with a routes file and waits until it holds a request.
  ///
  /// - Parameters:
  ///   - settings: values of options that differ from the ones below, by their names.
  ///   - logLevel: 0 errors, 1 warnings, 2 information (a line for each subscription, among others), 3 debug.
  ///   - secure: where it listens for TLS too, and a folder of certificates (`NAME.crt`, `NAME.key`); `default_PORT` is
  ///     shown to whoever asks for none of them.
  ///   - compresses: whether WebSockets may be compressed.
  package init(
    routes: String, key: String, settings: [String: String], logLevel: Int,
    secure: (address: Address, certificates: String)? = nil,
    compresses: Bool = false
  ) throws {
    guard Self.isInstalled else {
      throw TestFailure("Pushpin is not installed (apt-get install pushpin condure zurl); `make test` installs it")
    }
    (address, control, folder) = (try .free(), try .free(), try TemporaryFolder())
    self.key = key
    secureAddress = secure?.address
    probe = try HTTPDouble { _ in
      .response(status: 200, fields: [("Grip-Hold", "stream"), ("Grip-Channel", "probe")], body: "held")
    }
    let directory = folder.path
    let settings = settings.merging(["sig_key": key]) { $1 }
    try folder.write("pushpin.conf", Self.configuration(directory, address, control, settings))
    try folder.write("internal.conf", try Self.internalConfiguration(directory))
    try folder.write("routes", "*,path_beg=/is-pushpin-up \(probe.address)\n" + routes)
    try folder.write("zurl.conf", Self.zurlConfiguration(directory))
    let configuration = "--config=\(directory)/pushpin.conf"
    var listening = [
      "--log-level=1", "--id=condure1", "--listen=\(address),stream",
      "--zclient-stream=ipc://\(directory)/p-condure1", "--buffer-size=8192", "--stream-maxconn=5000",
    ]
    if let secure {
      listening += [
        "--listen=\(secure.address),stream,tls,default-cert=default_\(secure.address.port)",
        "--tls-identities-dir=\(secure.certificates)",
      ]
    }
    if compresses { listening.append("--compression") }
    processes = [
      try ChildProcess("condure", listening),
      try ChildProcess("zurl", ["--config=\(directory)/zurl.conf", "--loglevel=1"]),
      try ChildProcess("pushpin-proxy", [configuration, "--loglevel=\(logLevel)"]),
      try ChildProcess("pushpin-handler", [configuration, "--loglevel=\(logLevel)"]),
    ]
    try waitUntilRequestsAreHeld()
  }

  /// Stops all of it.
  package func stop() {
    for process in processes.reversed() { process.signal(SIGTERM) }
    for process in processes.reversed() where (try? process.waitForEnd(within: .seconds(10))) == nil {
      try? process.kill()
    }
  }

  deinit { stop() }

  /// The address of one of its ZeroMQ sockets: `push`, `sub`, `stats` or `command`.
  package func socket(_ name: String) -> String { "ipc://\(folder.path)/p-\(name)" }

  /// The programs meet over local sockets in their own time; requests wait or fail until they have.
  private func waitUntilRequestsAreHeld() throws {
    let deadline = Deadline(in: .seconds(60))
    let request = HTTPRequest("GET", "/is-pushpin-up")
    while !deadline.hasPassed {
      if let dead = processes.first(where: { $0.endingSoFar != nil }) {
        throw TestFailure("\(dead.command) ended\n\(dead.log.tail())")
      }
      if let client = try? HTTPConnection(to: address), (try? client.send(request)) != nil,
        (try? client.readHead(within: .seconds(5)))?.status == 200, (try? TCPConnection(to: control)) != nil
      {
        return
      }
    }
    throw TestFailure("Pushpin held no request\n" + processes.map { $0.log.tail(5) }.joined(separator: "\n"))
  }

  private static func configuration(
    _ directory: String, _ address: Address, _ control: Address, _ settings: [String: String]
  ) -> String {
    var names = Set(settings.keys)
    let text = defaults(directory, address, control).split(separator: "\n", omittingEmptySubsequences: false)
      .map { line -> String in
        let name = String(line.prefix { $0 != "=" })
        guard let value = settings[name] else { return String(line) }
        names.remove(name)
        return "\(name)=\(value)"
      }
      .joined(separator: "\n")
    // What is not among the defaults belongs to the proxy.
    let more = names.sorted().map { "\($0)=\(settings[$0] ?? "")\n" }.joined()
    return text.replacing("[handler]\n", with: more + "[handler]\n")
  }

  private static func defaults(_ directory: String, _ address: Address, _ control: Address) -> String {
    """
    [global]
    include=\(directory)/internal.conf
    rundir=\(directory)
    ipc_prefix=p-
    port_offset=0
    stats_connection_ttl=120
    [runner]
    services=condure,pushpin-proxy,pushpin-handler
    http_port=\(address.port)
    logdir=\(directory)
    log_level=1
    client_buffer_size=8192
    client_maxconn=5000
    [proxy]
    routesfile=\(directory)/routes
    debug=false
    auto_cross_origin=false
    accept_x_forwarded_protocol=false
    set_x_forwarded_protocol=proto-only
    x_forwarded_for=append
    accept_pushpin_route=false
    sig_iss=pushpin
    sig_key=
    upstream_key=
    updates_check=off
    [handler]
    push_in_spec=ipc://\(directory)/p-push
    push_in_sub_specs=ipc://\(directory)/p-sub
    push_in_http_addr=127.0.0.1
    push_in_http_port=\(control.port)
    push_in_http_max_headers_size=10000
    push_in_http_max_body_size=1000000
    stats_spec=ipc://\(directory)/p-stats
    command_spec=ipc://\(directory)/p-command
    message_rate=0
    message_hwm=0
    message_wait=5000
    id_cache_ttl=60
    connection_subscription_max=20
    subscription_linger=60
    stats_subscription_ttl=60
    stats_report_interval=10
    stats_format=tnetstring

    """
  }

  /// Debian's own file for the sockets between the programs, with its folders replaced.
  private static func internalConfiguration(_ directory: String) throws -> String {
    let sockets = ["condure_in_specs": "out", "condure_in_stream_specs": "out-stream", "condure_out_specs": "in"]
    return try String(contentsOfFile: "/usr/lib/pushpin/internal.conf", encoding: .utf8)
      .replacingOccurrences(of: "{rundir}/{ipc_prefix}", with: "\(directory)/p-")
      .replacingOccurrences(of: "/var/run/zurl/", with: "\(directory)/")
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in
        guard let end = sockets[line.prefix { $0 != "=" }.description] else { return String(line) }
        return "\(line.prefix { $0 != "=" })=ipc://\(directory)/p-condure1-\(end)"
      }
      .joined(separator: "\n")
  }

  private static func zurlConfiguration(_ directory: String) -> String {
    """
    [General]
    instance_id=
    in_spec=ipc://\(directory)/zurl-in
    in_stream_spec=ipc://\(directory)/zurl-in-stream
    out_spec=ipc://\(directory)/zurl-out
    in_req_spec=ipc://\(directory)/zurl-req
    ipc_file_mode=660
    defpolicy=allow
    allow=
    deny=
    max_open_requests=2000
    buffer_size=200000
    timeout=600
    in_hwm=100000
    out_hwm=100000

    """
  }
}
