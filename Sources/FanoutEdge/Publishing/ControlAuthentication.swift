import GRIP

/// Decides whether a publisher may publish.
struct ControlAuthentication: Sendable {
  private let credentials: [ControlCredential]

  /// Any of these opens; none lets everyone in.
  init(_ credentials: [ControlCredential]) {
    self.credentials = credentials
  }

  /// Whether everyone may.
  var isOpen: Bool { credentials.isEmpty }

  /// The value of `WWW-Authenticate` for those who may not.
  var challenge: String {
    let isBasic = credentials.contains { if case .basic = $0 { true } else { false } }
    let isBearer = credentials.contains { if case .basic = $0 { false } else { true } }
    return [isBearer ? "Bearer realm=\"fanout\"" : nil, isBasic ? "Basic realm=\"fanout\", charset=\"UTF-8\"" : nil]
      .compactMap { $0 }.joined(separator: ", ")
  }

  /// Whether an `Authorization` field proves any of the credentials.
  ///
  /// - Parameter now: seconds since 1970.
  func accepts(_ authorization: String?, now: Int64) -> Bool {
    if isOpen { return true }
    guard let authorization, let blank = authorization.firstIndex(of: " ") else { return false }
    let scheme = authorization[..<blank].lowercased()
    let value = String(authorization[blank...].trimmingBlanks())
    return credentials.contains { credential in
      switch credential {
      case .jwt(let issuer, let key):
        scheme == "bearer" && (try? GRIPSignature.verify(value, key: key, issuer: issuer, now: now)) != nil
      case .bearer(let token): scheme == "bearer" && Self.isEqual(value, token)
      case .basic(let user, let password):
        scheme == "basic"
          && Base64.decode(value.utf8).map { Self.isEqual($0, Array("\(user):\(password)".utf8)) } == true
      }
    }
  }

  private static func isEqual(_ left: String, _ right: String) -> Bool {
    isEqual(Array(left.utf8), Array(right.utf8))
  }

  /// In a time that depends on the lengths only.
  private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    var difference = left.count ^ right.count
    for index in left.indices {
      difference |= Int(left[index] ^ (right.isEmpty ? 0 : right[index % right.count]))
    }
    return difference == 0
  }
}
