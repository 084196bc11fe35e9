/// A channel that a held request listens to, as an instruction names it.
///
/// **Spec**: GRIP `Grip-Channel: name; prev-id=…; filter=…`, body form `hold.channels[]`.
public struct GRIPChannel: Sendable, Hashable {
  /// The channel's name as the origin knows it, without any route prefix.
  public var name: String
  /// The id of the last item that the origin has already answered with, `nil` where the channel is not reliable.
  public var previousID: String?
  /// Names of the filters that items pass on their way to this subscriber, in order. At most 5.
  public var filters: [String]

  /// A channel to listen to.
  public init(_ name: String, previousID: String? = nil, filters: [String] = []) {
    self.name = name
    self.previousID = previousID
    self.filters = filters
  }
}
