public import GRIP
public import HTTPTypes
import Synchronization

/// Tells what may be believed of a request's `Grip-…` headers.
///
/// A proxy sends one token with many requests, so the last few that verified are remembered until they expire: an ES256
/// or RS256 verification costs tens of microseconds.
public final class GRIPRequestVerifier: Sendable {
  /// Tokens that are remembered. Above it all are forgotten: whoever makes that many has no use of a memory.
  private static let rememberedTokens = 64

  private let endpoints: [GRIPEndpoint]
  private let leeway: Int64
  private let now: @Sendable () -> Int64
  private let known = Mutex<[String: (endpoint: Int, expires: Int64)]>([:])

  /// - Parameters:
  ///   - endpoints: whose keys are trusted; those without a key trust nobody.
  ///   - leeway: seconds by which a proxy's clock may be behind ours, 0 to 86,400. Default 0.
  ///   - now: seconds since 1970.
  public init(endpoints: [GRIPEndpoint], leeway: Int64 = 0, now: @escaping @Sendable () -> Int64) {
    self.endpoints = endpoints
    self.leeway = min(max(0, leeway), 86_400)
    self.now = now
  }

  /// What the request's headers say, `.direct` where no trusted key has signed its first `Grip-Sig`.
  public func info(_ headers: HTTPFields) -> GRIPRequestInfo {
    guard let token = headers[values: .gripSig].first, let endpoint = endpoint(of: token) else { return .direct }
    return GRIPRequestInfo(
      isProxied: true, endpoint: endpoint, lastIDs: GRIPLast.decode(headers), features: GRIPFeature.decode(headers))
  }

  private func endpoint(of token: String) -> Int? {
    let now = now()
    let remembered = known.withLock { $0[token] }
    if let remembered, remembered.expires > now - leeway { return remembered.endpoint }
    for (index, endpoint) in endpoints.enumerated() {
      guard let key = endpoint.verifyKey,
        let claims = try? GRIPSignature.verify(
          token, key: key, issuer: endpoint.verifyIssuer, now: now, leeway: leeway)
      else { continue }
      known.withLock { known in
        if known.count >= Self.rememberedTokens { known.removeAll(keepingCapacity: true) }
        known[token] = (index, claims.expires)
      }
      return index
    }
    return nil
  }
}
