/// The namespaces that only channel servers have; the others stand with their extensions in `XMPP`.
///
/// **Spec**: channel-server, table of namespaces.
package enum ProtocolNamespace {
  /// What only channel servers say.
  package static let channels = "http://buddycloud.org/v1"
  /// What is left of an entry (RFC 6721).
  package static let tombstone = "http://purl.org/atompub/tombstones/1.0"
}
