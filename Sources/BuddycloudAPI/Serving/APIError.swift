package import HTTPTypes
import Hummingbird

/// An answer that says what went wrong: a status and a plain text that begins with the reason phrase.
///
/// **Shape**: `Bad Request: username is missing; send {"username": …, "password": …, "email": …}`.
package struct APIError: Error, Sendable {
  /// The status.
  package var status: HTTPResponse.Status
  /// What was wrong and what is accepted, `nil` where the reason phrase says all.
  package var explanation: String?
  /// The whole body, where history fixed it.
  package var body: String?
  /// Fields beside `Content-Type`.
  package var headers = HTTPFields()

  /// An error.
  package init(_ status: HTTPResponse.Status, _ explanation: String? = nil) {
    self.status = status
    self.explanation = explanation
  }

  /// An error of the article's time, whose text clients may know.
  package static func historic(_ status: HTTPResponse.Status, body: String) -> APIError {
    var error = APIError(status)
    error.body = body
    return error
  }

  /// Too often; the client may come again after `delay`.
  package static func tooManyRequests(_ explanation: String, retryAfter delay: Duration) -> APIError {
    var error = APIError(.tooManyRequests, explanation)
    error.headers[.retryAfter] = String(max(1, delay.components.seconds + (delay.components.attoseconds > 0 ? 1 : 0)))
    return error
  }

  /// Credentials are needed, or were wrong.
  package static func unauthorized(realm: String, _ explanation: String) -> APIError {
    var error = APIError(.unauthorized, explanation)
    error.headers[.wwwAuthenticate] = "Basic realm=\"\(realm)\""
    return error
  }

  /// The body's text.
  var text: String {
    if let body { return body }
    let phrase = status.reasonPhrase
    guard let explanation, !explanation.isEmpty else { return phrase }
    return "\(phrase): \(explanation)"
  }

  /// The answer.
  func response() -> Response {
    var response = Response.plain(text, status: status)
    response.headers.append(contentsOf: headers)
    return response
  }
}
