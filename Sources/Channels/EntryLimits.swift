/// Bounds on what is published.
package struct EntryLimits: Sendable, Hashable {
  /// The entry as serialised XML, in bytes; default 60,000, so that a stanza around it stays below the 65,000 that
  /// peers accept.
  package var maxEntryBytes = 60_000
  /// The title, in bytes; default 1024.
  package var maxTitleBytes = 1024
  /// The text of the content, in bytes; default 32,768.
  package var maxContentBytes = 32_768
  /// References to media; default 16.
  package var maxMedia = 16
  /// The id of an entry in whatever form, in bytes; default 4096.
  package var maxIDBytes = 4096

  /// The defaults.
  package init() {}
}
