package import ServerKit
package import XMPP

/// What an account is registered with.
package struct AccountForm: Sendable {
  /// The local part of the address.
  package var user: String
  /// The password.
  package var password: Secret<String>
  /// An e-mail address, for servers that want one.
  package var email: String?

  /// A form.
  package init(user: String, password: Secret<String>, email: String? = nil) {
    self.user = user
    self.password = password
    self.email = email
  }
}

/// Why an account was not made.
package enum RegistrationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The server refused it: `conflict` where the name is taken, `not-acceptable` where it cannot be one,
  /// `service-unavailable` where nobody may register.
  case refused(StanzaError)
  /// The server wants to know what the form does not have, by these names.
  case unknownFields([String])
  /// There was no stream to ask over.
  case transport(TransportError)

  /// The error in words.
  package var description: String {
    switch self {
    case .refused(let error): "the server made no account: \(error)"
    case .unknownFields(let names): "the server also wants to know: \(names.joined(separator: ", "))"
    case .transport(let error): "the server made no account: \(error)"
    }
  }
}
