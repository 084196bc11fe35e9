/// Why a name could not be looked up.
package enum DNSFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no such name.
  case noSuchName(String)
  /// A server answered, but with an error: 2 is its own failure, 5 a refusal.
  case refused(String, code: UInt8)
  /// No server answered.
  case timeout(String)
  /// What came was no DNS, or no server could be reached.
  case unreachable(String)
  /// Its aliases lead in a circle, or through more than eight names.
  case aliasesWithoutEnd(String)
  /// The resolver has been shut down, or has more to do than it may.
  case busy(String)

  package var description: String {
    switch self {
    case .noSuchName(let name): "DNS knows no \(name)"
    case .refused(let name, let code): "the name server answered with code \(code) when asked for \(name)"
    case .timeout(let name): "no name server answered when asked for \(name)"
    case .unreachable(let name): "no name server could be asked for \(name)"
    case .aliasesWithoutEnd(let name): "the aliases of \(name) do not end"
    case .busy(let name): "too many names are being looked up to ask for \(name)"
    }
  }
}
