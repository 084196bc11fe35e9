import Channels

/// What an error means for the operation, its companions in the transaction, and the connection.
struct StoreFailure: Error, Sendable, Hashable {
  /// What to do about it.
  enum Remedy: Sendable, Hashable {
    /// Nothing: the operation fails.
    case none
    /// The transaction is to be run again.
    case again
    /// The connection is of no use any more. On another one the transaction may be run again.
    case reconnect
  }

  /// What the caller sees.
  var error: ChannelError
  var remedy: Remedy
  /// The server's words, where an operator should hear them.
  var report: String?

  static let unreachable = ChannelError(
    .serviceUnavailable, "the database can't be reached: nothing was changed, try again later")
  static let unknownOutcome = ChannelError(
    .serviceUnavailable,
    "the database was lost during the commit: this may have been stored or not; look before you try again")
  static let busy = ChannelError(.serviceUnavailable, "the store is busy: try again later")
  static let cancelled = ChannelError(.serviceUnavailable, "the request was cancelled")
  static let closed = ChannelError(.serviceUnavailable, "the store is closed")
  static let failed = ChannelError(.internalServerError, "the store failed")

  init(_ error: any Error) {
    switch error {
    case let error as StoreFailure: self = error
    case let error as ChannelError: self.init(peer: error)
    case let error as PostgreSQLFailure: self.init(failure: error)
    default: self.init(peer: Self.failed)
    }
  }

  private init(peer error: ChannelError, _ remedy: Remedy = .none, report: String? = nil) {
    self.error = error
    self.remedy = remedy
    self.report = report
  }

  /// **Spec**: PostgreSQL's manual, appendix A (error codes).
  private init(failure: PostgreSQLFailure) {
    guard failure.kind == .refused else {
      self.init(peer: Self.unreachable, .reconnect)
      return
    }
    switch failure.state {
    case "40001", "40P01": self.init(peer: Self.busy, .again)
    case "55P03", "57014": self.init(peer: Self.busy)
    case "53100":
      self.init(
        peer: ChannelError(.resourceConstraint, "the disk is full: nothing was stored"), report: failure.description)
    case "25006":
      // After a fail-over this may be the wrong server.
      self.init(
        peer: ChannelError(.serviceUnavailable, "the database takes no writes now: try again later"), .reconnect,
        report: failure.description)
    case "26000", "0A000":
      // What was prepared is gone, as behind a pooler, or the tables have changed.
      self.init(peer: Self.failed, .reconnect, report: failure.description)
    case "54000":
      self.init(peer: ChannelError(.policyViolation, "a name is too long for the store"))
    case "21000", "23502", "23514", "25P02", "42P01": self.init(peer: Self.failed, report: failure.description)
    default:
      switch failure.state.prefix(2) {
      case "08", "57": self.init(peer: Self.unreachable, .reconnect)
      case "23": self.init(peer: ChannelError(.conflict, "this exists already"))
      case "22": self.init(peer: ChannelError(.badRequest, "a value can't be stored"))
      case "53":
        self.init(
          peer: ChannelError(.resourceConstraint, "the database has no room: nothing was stored, try again later"),
          report: failure.description)
      default: self.init(peer: Self.failed, report: failure.description)
      }
    }
  }
}
