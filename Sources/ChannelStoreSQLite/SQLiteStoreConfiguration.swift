/// How a store of one SQLite file works.
package struct SQLiteStoreConfiguration: Sendable {
  /// The database file. Its directory exists; the file is created where it doesn't. Beside it stand `-wal` and `-shm`.
  package var path: String
  /// Connections that read at the same time; default 5, at least 1.
  package var maxReaders = 5
  /// Writes that wait; default 4096. Beyond it a write fails with `resourceConstraint`.
  package var maxPendingWrites = 4096
  /// Reads that run or wait; default 4096. Beyond it a read fails with `resourceConstraint`.
  package var maxPendingReads = 4096
  /// Writes in one transaction; default 256.
  package var maxBatch = 256
  /// How long a write waits while another process writes, in seconds; default 5.
  package var busyTimeoutSeconds = 5.0
  /// Called once when the disk has failed and the store stops acknowledging, with SQLite's words.
  package var onDiskFailure: @Sendable (String) -> Void = { _ in }

  /// The defaults.
  package init(path: String) {
    self.path = path
  }

  /// Everything that is wrong, in words.
  package func validate() -> [String] {
    var problems: [String] = []
    if path.isEmpty { problems.append("the path of the database is empty") }
    for (name, value) in [
      ("maxReaders", maxReaders), ("maxPendingWrites", maxPendingWrites), ("maxPendingReads", maxPendingReads),
      ("maxBatch", maxBatch),
    ] where value < 1 {
      problems.append("\(name) is \(value); it is at least 1")
    }
    if !(busyTimeoutSeconds >= 0) { problems.append("busyTimeoutSeconds is \(busyTimeoutSeconds); it is at least 0") }
    return problems
  }
}
