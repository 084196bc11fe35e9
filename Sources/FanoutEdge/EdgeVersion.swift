/// The version of the edge.
package enum EdgeVersion {
  /// Semantic version.
  package static let current = "0.1.0"
}
