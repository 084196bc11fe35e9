import GRIP
import Synchronization

/// The `Authorization` of an endpoint; a signed token is kept for most of its life.
final class PublishCredentials: Sendable {
  private struct Token {
    let header: String
    let signed: Int64
  }

  private let authentication: GRIPEndpoint.Authentication
  private let lifetime: Int64
  private let token = Mutex<Token?>(nil)

  /// - Parameter lifetime: of a token.
  init(_ authentication: GRIPEndpoint.Authentication, lifetime: Duration) {
    self.authentication = authentication
    self.lifetime = max(1, lifetime.components.seconds)
  }

  /// The header's value, or `nil` where the endpoint wants none.
  ///
  /// - Parameter now: seconds since 1970. A clock that was set back gives a new token, too.
  func header(now: Int64) throws(GRIPEncodingError) -> String? {
    switch authentication {
    case .none: nil
    case .basic(let user, let password): "Basic \(Base64.encode(Array("\(user):\(password)".utf8)))"
    case .bearer(let token): try Self.bearer(token)
    case .jwt(let issuer, let key): try signed(issuer: issuer, key: key, now: now)
    }
  }

  /// Gives up a token that an endpoint has refused.
  func forget() {
    token.withLock { $0 = nil }
  }

  /// Text without the credentials that were sent, should a peer have repeated them.
  func redact(_ text: String, header: String?) -> String {
    guard let secret = header?.split(separator: " ", maxSplits: 1).last, !secret.isEmpty else { return text }
    return text.replacing(secret, with: "***")
  }

  private func signed(issuer: String, key: GRIPKey, now: Int64) throws(GRIPEncodingError) -> String {
    let kept = token.withLock { token in
      token.flatMap { now >= $0.signed && now - $0.signed < lifetime / 5 * 4 ? $0.header : nil }
    }
    if let kept { return kept }
    let (expires, overflows) = now.addingReportingOverflow(lifetime)
    let signed = try GRIPSignature.sign(issuer: issuer, expires: overflows ? .max : expires, key: key)
    let header = "Bearer \(signed)"
    token.withLock { $0 = Token(header: header, signed: now) }
    return header
  }

  private static func bearer(_ token: String) throws(GRIPEncodingError) -> String {
    guard !token.isEmpty, token.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
      throw GRIPEncodingError("the bearer token is empty or holds what a header cannot carry")
    }
    return "Bearer \(token)"
  }
}
