import Channels
import GRDB

/// What an error of SQLite means for the operation, its companions in the transaction, and the store.
struct StoreFailure: Sendable, Hashable {
  /// What the caller sees.
  var error: ChannelError
  /// Whether SQLite may have rolled back the whole transaction, not only the statement.
  var endsTransaction: Bool
  /// SQLite's words, where the disk can't be trusted any more.
  var disk: String?

  init(_ error: any Error) {
    if let error = error as? ChannelError {
      self.init(error: error)
      return
    }
    guard let error = error as? DatabaseError else {
      self.init(error: ChannelError(.internalServerError, "the store failed"))
      return
    }
    // Some kinds of `SQLITE_IOERR` say nothing about the disk's honesty.
    switch error.extendedResultCode {
    case .SQLITE_IOERR_NOMEM:
      self.init(error: ChannelError(.resourceConstraint, "not enough memory"), endsTransaction: true)
      return
    case .SQLITE_IOERR_SHMSIZE:
      self.init(error: ChannelError(.resourceConstraint, "the disk is full: nothing was stored"), endsTransaction: true)
      return
    default: break
    }
    switch error.resultCode {
    case .SQLITE_CONSTRAINT:
      self.init(error: ChannelError(.conflict, "this exists already"))
    case .SQLITE_FULL:
      self.init(error: ChannelError(.resourceConstraint, "the disk is full: nothing was stored"), endsTransaction: true)
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_INTERRUPT:
      self.init(
        error: ChannelError(.serviceUnavailable, "the store is busy: try again later"), endsTransaction: true)
    case .SQLITE_NOMEM, .SQLITE_TOOBIG:
      self.init(error: ChannelError(.resourceConstraint, "not enough memory"), endsTransaction: true)
    case .SQLITE_CANTOPEN:
      // Most often no file descriptor is free.
      self.init(
        error: ChannelError(.resourceConstraint, "a file of the store can't be opened: try again later"),
        endsTransaction: true)
    case .SQLITE_IOERR, .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_READONLY:
      self.init(
        error: Self.stopped, endsTransaction: true,
        disk: "\(error.extendedResultCode.rawValue): \(error.message ?? "no message")")
    default:
      self.init(error: ChannelError(.internalServerError, "the store failed"))
    }
  }

  private init(error: ChannelError, endsTransaction: Bool = false, disk: String? = nil) {
    self.error = error
    self.endsTransaction = endsTransaction
    self.disk = disk
  }

  /// What every write gets once the disk has failed.
  static let stopped = ChannelError(
    .internalServerError, "the disk has failed: nothing is stored until the server is restarted")
}
