/// A value behind a reference, for many holders of equal ones.
final class Shared<Value: Sendable>: Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}

/// Gives one reference for equal values that come one after the other.
///
/// **Why**: thousands of holds of one resource have the same manners, keep-alive and time-out response; each keeps a word
/// instead of a copy. One comparison is the whole cost, and nothing has to be given back.
struct LastShared<Value: Equatable & Sendable> {
  private var last: Shared<Value>?

  /// The last reference where its value is equal, otherwise a new one.
  mutating func share(_ value: Value) -> Shared<Value> {
    if let last, last.value == value { return last }
    let new = Shared(value)
    last = new
    return new
  }
}
