import ServerKit
import XMPP

// An account instead of a login.
extension ClientNegotiation {
  mutating func beginRegistration(_ features: StreamFeatures) -> [NegotiationAction] {
    // Servers may offer it without saying so (XEP-0077 §8): whether it does, its answer tells.
    phase = .form
    return [.send(query("get", id: "form", Registration()))]
  }

  mutating func registering(_ element: XMLElement) -> [NegotiationAction] {
    guard case .registration(let form, let told) = goal else { return [] }
    let isForm = if case .form = phase { true } else { false }
    guard let answer = answer(element, id: isForm ? "form" : "account") else {
      return violation(.badFormat, "this is no answer to a registration")
    }
    if let error = StanzaError(stanza: answer) { return over(.failure(.refused(error)), told) }
    guard isForm else { return over(.success(()), told) }
    guard let payload = answer.child("query", Registration.namespace), let wanted = try? Registration(payload) else {
      return violation(.badFormat, "the server has no form")
    }
    var known = ["username": form.user, "password": form.password.exposed]
    known["email"] = form.email
    let missing = wanted.fields.keys.filter { known[$0] == nil }.sorted()
    guard wanted.fields["username"] != nil, wanted.fields["password"] != nil, missing.isEmpty else {
      return over(.failure(.unknownFields(missing)), told)
    }
    phase = .registering
    return [.send(query("set", id: "account", Registration(fields: known.filter { wanted.fields[$0.key] != nil })))]
  }

  private mutating func over(
    _ result: Result<Void, RegistrationError>, _ told: @Sendable (Result<Void, RegistrationError>) -> Void
  ) -> [NegotiationAction] {
    phase = .over
    told(result)
    return [.finished]
  }

  private func query(_ type: String, id: String, _ registration: Registration) -> [UInt8] {
    let to = try? JID(local: nil, domain: configuration.address.domain)
    return Stanza(.iq, type: type, id: id, to: to, payload: [registration.element]).serialized()
  }
}
