import Foundation
import HTTPTypes
import XMPP

/// Who a request says it is.
///
/// **Shape**: `Basic` and base64 of `user:password`, UTF-8; the password may have colons.
/// **Spec**: RFC 7617.
struct BasicCredentials: Sendable {
  /// The bare JID.
  let user: JID
  let password: String

  /// Reads an `Authorization` field. A user without `@` belongs to `domain`; a resource is accepted and cut off.
  ///
  /// **Errors**: 400.
  init(_ field: String, domain: String) throws(APIError) {
    let shape = "send Authorization: Basic and base64 of user:password"
    let parts = field.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "basic" else {
      throw APIError(.badRequest, "Authorization is not of scheme Basic; \(shape)")
    }
    var encoded = parts[1].trimmingCharacters(in: .whitespaces)
    while encoded.utf8.count % 4 != 0 { encoded += "=" }
    guard let data = Data(base64Encoded: encoded) else {
      throw APIError(.badRequest, "the credentials in Authorization are not base64; \(shape)")
    }
    guard let text = String(validating: Array(data), as: UTF8.self) else {
      throw APIError(.badRequest, "the credentials in Authorization are not UTF-8; \(shape)")
    }
    guard let colon = text.firstIndex(of: ":") else {
      throw APIError(.badRequest, "the credentials in Authorization have no colon; \(shape)")
    }
    user = try Self.user(String(text[..<colon]), domain: domain)
    password = String(text[text.index(after: colon)...])
  }

  /// Reads a user's name, with or without domain and resource.
  static func user(_ name: String, domain: String) throws(APIError) -> JID {
    do {
      let jid = try JID(name.contains("@") ? name : "\(name)@\(domain)").bare
      guard jid.local != nil else { throw APIError(.badRequest, "a user looks like alice or alice@\(domain)") }
      return jid
    } catch let error as JIDError {
      throw APIError(.badRequest, "'\(name)' is not a user's name: \(error.description)")
    } catch let error as APIError {
      throw error
    } catch {
      throw APIError(.badRequest, "'\(name)' is not a user's name")
    }
  }
}
