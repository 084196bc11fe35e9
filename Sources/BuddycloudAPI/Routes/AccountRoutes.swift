import Channels
import GRIP
import HTTPTypes
import Hummingbird
import XMPP

/// `/account` and `/account/pw/change` (buddycloud-http-api.md §4.2).
enum AccountRoutes {
  static let routes = [
    Route(.post, "/account", register),
    Route(.delete, "/account", remove),
    Route(.post, "/account/pw/change", changePassword),
  ]

  @Sendable private static func register(_ call: APICall) async throws -> Response {
    let shape = #"{"username":"…","password":"…","email":"…"}"#
    let body = try await call.object(shape)
    let name = try text("username", in: body, shape)
    let password = try text("password", in: body, shape)
    let email = try text("email", in: body, shape)
    let user = try BasicCredentials.user(name, domain: call.configuration.domain)
    if let delay = call.services.registrations.take(call.peer) {
      throw APIError.tooManyRequests("too many new accounts from your address", retryAfter: delay)
    }
    do {
      try await call.services.channels.register(user: user, password: password, email: email)
    } catch {
      switch error.code {
      case .conflict:
        // COMPAT: clients of 2013 know a taken name by 503.
        throw APIError(.serviceUnavailable, error.description)
      case .notAllowed, .forbidden, .notAuthorized:
        throw APIError(.forbidden, error.description)
      default:
        throw call.failure(error)
      }
    }
    return .done
  }

  @Sendable private static func remove(_ call: APICall) async throws -> Response {
    guard let user = try await call.userSession().user else { throw APIError(.unauthorized) }
    try await call.run { try await call.services.channels.removeAccount(user) }
    await call.services.logins.forget(user)
    return .done
  }

  @Sendable private static func changePassword(_ call: APICall) async throws -> Response {
    let user = try await call.userSession().user
    let shape = #"{"username":"…","password":"…"}"#
    let body = try await call.object(shape)
    let name = try text("username", in: body, shape)
    let password = try text("password", in: body, shape)
    guard let user, try BasicCredentials.user(name, domain: call.configuration.domain) == user.bare else {
      throw APIError(.forbidden, "you can change only your own password")
    }
    try await call.run { try await call.services.channels.changePassword(of: user, to: password) }
    await call.services.logins.forget(user)
    return .done
  }

  private static func text(
    _ name: String, in body: [String: JSONValue], _ shape: String
  ) throws(APIError) -> String {
    guard let text = body[name]?.string, !text.isEmpty else {
      throw APIError(.badRequest, "\(name) is missing; send \(shape)")
    }
    guard text.utf8.count <= 1023 else {
      throw APIError(.badRequest, "\(name) may have 1023 bytes")
    }
    return text
  }
}
