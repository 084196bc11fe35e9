import GRIP

/// Tokens for `Grip-Sig`, each used for half of its life.
///
/// **Isolation**: one event loop.
final class SignatureCache {
  private struct Entry {
    var token: String
    var renewal: Int64
  }

  private var entries: [ObjectIdentifier: (route: Route, entry: Entry)] = [:]
  private let issuer: String
  private let key: GRIPKey?
  private let lifetime: Int64
  private let now: @Sendable () -> Int64

  /// - Parameter now: seconds since 1970.
  init(issuer: String, key: GRIPKey?, lifetimeSeconds: Int64, now: @escaping @Sendable () -> Int64) {
    self.issuer = issuer
    self.key = key
    self.lifetime = max(2, lifetimeSeconds)
    self.now = now
  }

  /// The token for a route's requests; `nil` where issuer or key is missing or signing fails.
  func token(for route: Route) -> String? {
    let now = now()
    if let cached = entries[ObjectIdentifier(route)], cached.entry.renewal > now { return cached.entry.token }
    let issuer = route.signatureIssuer ?? issuer
    guard !issuer.isEmpty, let key = route.signatureKey ?? key else { return nil }
    guard let token = try? GRIPSignature.sign(issuer: issuer, expires: now + lifetime, key: key) else { return nil }
    if entries.count >= 1024 { entries.removeAll() }  // Routes of many reloads ago.
    entries[ObjectIdentifier(route)] = (route, Entry(token: token, renewal: now + lifetime / 2))
    return token
  }
}
