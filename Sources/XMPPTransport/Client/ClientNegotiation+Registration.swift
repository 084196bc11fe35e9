import ServerKit
import XMPP

// An account instead of a login.
extension ClientNegotiation {
  private static let register = "jabber:iq:register"

  mutating func beginRegistration(_ features: StreamFeatures) -> [NegotiationAction] {
    // Servers may offer it without saying so (XEP-0077 §8): whether it does, its answer tells.
    phase = .form
    return [.send(query("get", id: "form", children: []))]
  }

  mutating func registering(_ element: XMLElement) -> [NegotiationAction] {
    guard case .registration(let form, let told) = goal else { return [] }
    let isForm = if case .form = phase { true } else { false }
    guard let answer = answer(element, id: isForm ? "form" : "account") else {
      return violation(.badFormat, "this is no answer to a registration")
    }
    if let error = StanzaError(stanza: answer) { return over(.failure(.refused(error)), told) }
    guard isForm else { return over(.success(()), told) }
    guard let query = answer.child("query", Self.register) else {
      return violation(.badFormat, "the server has no form")
    }
    let fields = Set(query.elements.filter { $0.namespace == Self.register }.map(\.name))
    let known = ["username": form.user, "password": form.password.exposed, "email": form.email]
    let missing = fields.subtracting(["instructions", "registered"]).filter { (known[$0] ?? nil) == nil }.sorted()
    guard fields.contains("username"), fields.contains("password"), missing.isEmpty else {
      return over(.failure(.unknownFields(missing)), told)
    }
    phase = .registering
    let children = known.compactMap { name, value in
      fields.contains(name) ? value.map { XMLElement(name, namespace: Self.register, text: $0) } : nil
    }
    return [.send(self.query("set", id: "account", children: children.sorted { $0.name < $1.name }))]
  }

  private mutating func over(
    _ result: Result<Void, RegistrationError>, _ told: @Sendable (Result<Void, RegistrationError>) -> Void
  ) -> [NegotiationAction] {
    phase = .over
    told(result)
    return [.finished]
  }

  private func query(_ type: String, id: String, children: [XMLElement]) -> [UInt8] {
    let query = XMLElement("query", namespace: Self.register, children: children.map { .element($0) })
    let to = try? JID(local: nil, domain: configuration.address.domain)
    return Stanza(.iq, type: type, id: id, to: to, payload: [query]).serialized()
  }
}
