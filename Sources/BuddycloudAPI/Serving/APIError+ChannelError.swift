import Channels
import HTTPTypes

extension APIError {
  /// What a failure of the channel server looks like over HTTP (buddycloud-http-api.md §2.8).
  ///
  /// - Parameter hasCredentials: whether the request carried credentials; without them the client is told to bring some.
  init(_ error: ChannelError, hasCredentials: Bool, realm: String) {
    switch error.code {
    case .notAuthorized, .notAllowed, .pendingSubscription, .forbidden, .closedNode, .registrationRequired,
      .notAcceptable:
      self =
        hasCredentials
        ? APIError(.forbidden, error.description) : .unauthorized(realm: realm, error.description)
    case .badRequest, .unexpectedRequest:
      self = APIError(.badRequest, error.description)
    case .itemNotFound, .remoteServerNotFound:
      self = APIError(.notFound, error.description)
    case .policyViolation:
      self = APIError(.contentTooLarge, error.description)
    case .resourceConstraint, .serviceUnavailable, .remoteServerTimeout:
      self = APIError(.serviceUnavailable, error.description)
    case .conflict:
      // COMPAT: clients of 2013 know a taken name by 500.
      self = APIError(.internalServerError, error.description)
    case .featureNotImplemented:
      self = APIError(.internalServerError, error.description)
    case .internalServerError:
      // What broke inside is for the log.
      self = APIError(.internalServerError)
    }
  }
}
