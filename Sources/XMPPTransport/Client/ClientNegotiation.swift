import ServerKit
import XMPP

/// How a client comes in: TLS, login, resource, acknowledgements; or the session of before.
///
/// What a server does not offer is never done without: who asked for TLS gets no stream without it, and a login is never
/// weaker than the one before (a server, or who stands in between, cannot talk us down).
///
/// **Spec**: RFC 6120 §4–§7, XEP-0198 §3 and §5, XEP-0077 §3.1.
struct ClientNegotiation: Negotiation {
  /// What is wanted.
  enum Goal {
    /// A session.
    case session
    /// An account, and then the end; told once.
    case registration(AccountForm, @Sendable (Result<Void, RegistrationError>) -> Void)
  }

  enum Phase {
    case header
    case features
    case tls
    case login(SASLClient)
    case resuming
    case binding
    case session
    case enabling
    case form
    case registering
    case over
  }

  let configuration: ClientConfiguration
  let goal: Goal
  let memory: LoginMemory?
  let resumable: (id: String, handled: UInt32)?
  var phase = Phase.header
  var facts = ConnectionFacts()
  var login: LoginMemory?
  var isAuthenticated = false
  var features: StreamFeatures?
  var address: JID?
  /// What the server had handled of a session that it does not have any more.
  var handledBefore: UInt32?

  init(
    _ configuration: ClientConfiguration, goal: Goal = .session, memory: LoginMemory? = nil,
    resumable: (id: String, handled: UInt32)? = nil
  ) {
    self.configuration = configuration
    self.goal = goal
    self.memory = memory
    self.resumable = resumable
  }

  mutating func began(_ facts: ConnectionFacts) -> [NegotiationAction] {
    self.facts = facts
    if configuration.security == .plainOnLoopback, !facts.isLoopback {
      return fail(.insecure("a stream without TLS is for servers on this machine only"))
    }
    return open()
  }

  mutating func encrypted(_ facts: ConnectionFacts) -> [NegotiationAction] {
    self.facts = facts
    return open()
  }

  mutating func opened(_ header: StreamHeader) -> [NegotiationAction] {
    guard case .header = phase else { return violation(.badFormat, "the stream was opened twice") }
    guard header.namespace == XMPPNamespace.client else {
      return violation(.invalidNamespace, "this port is not for clients")
    }
    guard header.version == "1.0" else {
      return violation(.unsupportedVersion, "the server speaks the protocol of before RFC 3920")
    }
    phase = .features
    return []
  }

  mutating func received(_ element: XMLElement) -> [NegotiationAction] {
    switch phase {
    case .features:
      guard let features = StreamFeatures(element) else { return violation(.badFormat, "there are no features") }
      self.features = features
      return isAuthenticated ? afterLogin(features) : beforeLogin(features)
    case .tls:
      guard StartTLS(element) == .proceed else {
        return fail(.tls("the server does not begin TLS after all"))
      }
      return [.startTLS]
    case .login(let sasl): return loggingIn(sasl, element)
    case .resuming: return resuming(element)
    case .binding: return bound(element)
    case .session: return sessionEstablished(element)
    case .enabling: return enabled(element)
    case .form, .registering: return registering(element)
    case .header, .over: return violation(.badFormat, "an element comes at the wrong place")
    }
  }

  private mutating func open() -> [NegotiationAction] {
    phase = .header
    // Our own address only under TLS: RFC 6120 §4.7.1.
    let from = facts.isEncrypted && configuration.address.local != nil ? configuration.address.bare : nil
    let to = try? JID(local: nil, domain: configuration.address.domain)
    return [
      .open(
        StreamHeader(
          namespace: XMPPNamespace.client, to: to, from: from, version: "1.0", language: configuration.language))
    ]
  }

  private mutating func beforeLogin(_ features: StreamFeatures) -> [NegotiationAction] {
    if !facts.isEncrypted {
      if configuration.security != .plainOnLoopback {
        guard features.tls != .absent else { return fail(.insecure("the server offers no TLS")) }
        phase = .tls
        return [.send(StartTLS.request.element.bytes)]
      }
      if features.tls == .required { return fail(.insecure("the server wants TLS, and the configuration wants none")) }
    }
    switch goal {
    case .session: return beginLogin(features)
    case .registration: return beginRegistration(features)
    }
  }

  private mutating func beginLogin(_ features: StreamFeatures) -> [NegotiationAction] {
    let credentials: SASLClient.Credentials
    switch configuration.login {
    case .anonymous: credentials = .anonymous
    case .password(let password):
      credentials = .password(user: configuration.address.local ?? "", password: password.exposed)
    }
    // Who does not say which bindings it has, has none of ours: `tls-unique`, which was meant, is not possible any more.
    let channel = SASLClient.Channel(
      isEncrypted: facts.isVerified || configuration.allowsClearPassword && facts.isLoopback, bindings: facts.bindings,
      offeredBindings: features.channelBindings ?? [])
    var policy = SASLClient.Policy()
    policy.mechanisms = configuration.mechanisms
    if let memory {
      let known = SASLMechanism.allCases
      policy.mechanisms.formIntersection(known[...(known.firstIndex(of: memory.mechanism) ?? known.count - 1)])
    }
    do throws(SASLError) {
      let sasl = try SASLClient(
        credentials, offered: features.mechanisms, channel: channel, nonce: Self.nonce(), policy: policy,
        keys: memory?.keys)
      phase = .login(sasl)
      return [.send(sasl.begin().element.bytes)]
    } catch {
      guard error.code == .noMechanism else { return fail(.notAuthorized(error.description)) }
      let before = memory.map { "; it had \($0.mechanism.rawValue) before" } ?? ""
      return fail(.insecure(error.description + before))
    }
  }

  private mutating func loggingIn(_ sasl: SASLClient, _ element: XMLElement) -> [NegotiationAction] {
    var sasl = sasl
    do {
      switch try SASLMessage(element) {
      case .challenge(let data):
        let answer = try sasl.respond(to: data)
        phase = .login(sasl)
        return [.send(answer.element.bytes)]
      case .success(let data):
        try sasl.succeed(with: data)
        login = LoginMemory(mechanism: sasl.mechanism, keys: sasl.keys)
        isAuthenticated = true
        return open()
      case .failure(let failure):
        return fail(
          failure.condition == .temporaryAuthFailure
            ? .authenticationUnavailable("\(failure)") : .notAuthorized("\(failure)"))
      case .auth, .response, .abort, nil: return violation(.badFormat, "this is no answer to a login")
      }
    } catch let error as SASLError {
      return [.send(SASLMessage.abort.element.bytes)] + fail(.notAuthorized(error.description))
    } catch {
      return violation(.badFormat, "the login: \(error)")
    }
  }

  /// 144 random bits.
  private static func nonce() -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    return String((0..<24).map { _ in letters[Int.random(in: 0..<64)] })
  }

  mutating func fail(_ error: TransportError) -> [NegotiationAction] {
    phase = .over
    if case .registration(_, let told) = goal { told(.failure(.transport(error))) }
    return [.fail(error)]
  }

  mutating func violation(_ condition: StreamError.Condition, _ text: String) -> [NegotiationAction] {
    let error = StreamError(condition, text: text)
    return [.send(error.serialized())] + fail(.protocolViolation(error))
  }
}
