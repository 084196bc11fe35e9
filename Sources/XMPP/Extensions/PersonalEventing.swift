// Implements: XEP-0163 1.2.2 · Personal Eventing Protocol · partial: interests in nodes as presence tells them; the service is that of XEP-0060

/// Which nodes a client wants to hear of, as its capabilities say.
///
/// A client that has the feature `NODE+notify` gets what is published to `NODE` by everyone whose presence it sees.
public enum PersonalEventing {
  private static let suffix = "+notify"

  /// The feature that shows interest in a node.
  public static func feature(forInterestIn node: String) -> String { node + suffix }

  /// The nodes that a client is interested in.
  public static func interests(in info: DiscoInfo) -> Set<String> {
    Set(
      info.features.compactMap { feature in
        feature.hasSuffix(suffix) && feature.utf8.count > suffix.utf8.count
          ? String(feature.dropLast(suffix.count)) : nil
      })
  }

  /// What shows that an account has such a service (XEP-0163 §6.1).
  public static let identity = DiscoInfo.Identity("pubsub", "pep")
}
