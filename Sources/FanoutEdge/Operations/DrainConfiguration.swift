package import NIOCore

/// How a graceful stop goes.
///
/// **Shape**: `/readyz` says 503 at once; after `delay` nobody is accepted; what is held ends, spread over
/// `delivery.shutdownSpread`; requests under way have `edge.shutdownGrace`. All of it within `limit`.
package struct DrainConfiguration: Sendable {
  /// How long accepting goes on after `/readyz` has begun to say 503, for load balancers that look now and then. Default 0.
  package var delay = TimeAmount.zero
  /// The longest that a stop takes; the parts are cut where they would take longer. Default 60 s.
  package var limit = TimeAmount.seconds(60)

  /// The defaults.
  package init() {}
}
