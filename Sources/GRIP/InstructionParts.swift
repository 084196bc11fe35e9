import HTTPTypes

/// What the header form and the body form say, before they are put together.
struct InstructionParts {
  /// `Grip-Hold`, `hold.mode`.
  enum Mode: String {
    case response
    case stream
  }

  /// How to hold.
  var mode: Mode?
  /// `Grip-Timeout`, `hold.timeout`, at least 5 s.
  var timeout: Duration?
  /// `Grip-Keep-Alive`, `hold.keep-alive`.
  var keepAlive: GRIPKeepAlive?
  /// Channels, those of headers first.
  var channels: [GRIPChannel] = []
  /// Values for filters; those of the body win.
  var meta: [String: String] = [:]
  /// `Grip-Link: …; rel=next`, the last one.
  var nextLink: GRIPNextLink?
  /// `Grip-Link: …; rel=gone`, the last one.
  var goneLink: String?
  /// `Grip-Last`.
  var lastIDs: [String: String] = [:]
  /// `Grip-Expose-Headers`.
  var exposedHeaders: [String] = []
  /// `Grip-Status`: code and reason.
  var status: (code: Int, reason: String?)?

  /// The instruction; without a hold where neither form asks for one.
  var instruction: GRIPInstruction {
    let hold: GRIPHold? =
      switch mode {
      case .response: .response(timeout: timeout ?? .seconds(55))
      case .stream: .stream(keepAlive: keepAlive)
      case nil: nil
      }
    return GRIPInstruction(
      hold: hold, channels: channels, meta: meta, nextLink: nextLink, goneLink: goneLink, lastIDs: lastIDs,
      exposedHeaders: exposedHeaders)
  }

  /// Adds a channel that keeps the rules.
  mutating func add(_ channel: GRIPChannel, limits: GRIPLimits) throws(GRIPDecodingError) {
    if let problem = NameRules.problem(channel, limits: limits) { throw GRIPDecodingError(problem) }
    guard channels.count < limits.channelsPerHold else {
      throw GRIPDecodingError("more than \(limits.channelsPerHold) channels")
    }
    channels.append(channel)
  }
}
