import FanoutEdge
import GRIP
import ServerKit

extension ConfigurationValues {
  /// The settings of the embedded edge.
  ///
  /// - Parameter key: what it signs requests with, and what a publish must be signed with.
  func edgeServer(key: GRIPKey) throws(ConfigurationProblem) -> EdgeServerConfiguration {
    var edge = EdgeConfiguration(listen: [try listenAddress("listen")])
    edge.signatureIssuer = StandaloneServer.issuer
    edge.signatureKey = key
    edge.upstreamKey = try upstreamKey()
    if count("edge.loops") > 0 { edge.loopCount = count("edge.loops") }
    if count("edge.max-connections") > 0 { edge.maxConnections = count("edge.max-connections") }
    edge.requestLimits.maxBodyBytes = bytes("api.max-body")
    edge.requestLimits.maxTargetBytes = bytes("api.max-target")
    edge.requestLimits.maxHeadBytes = max(
      edge.requestLimits.maxHeadBytes, bytes("api.max-target") + bytes("api.max-header"))
    var configuration = EdgeServerConfiguration(edge: edge)
    configuration.control.listen = [try listenAddress("control-listen")]
    configuration.control.credentials = [.jwt(issuer: StandaloneServer.issuer, key: key)]
    // A publish holds a whole batch, or one event as JSON, Atom and stream for each of its queues.
    configuration.control.maxBodyBytes = max(1_000_000, 2 * bytes("relay.max-batch"))
    return configuration
  }

  private func listenAddress(_ key: String) throws(ConfigurationProblem) -> FanoutEdge.ListenAddress {
    guard let address = address(key) else { throw ConfigurationProblem(key: key, text: "is no address") }
    return FanoutEdge.ListenAddress(host: address.host, port: address.port)
  }
}
