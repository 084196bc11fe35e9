package import Channels
package import XMPP

// The one place where errors of channels become errors of stanzas, and back.

extension StanzaError {
  /// What the sender of a request is told.
  ///
  /// **Spec**: channel-server §4.3, §5, Appendix B.
  package init(_ error: ChannelError) {
    let application = error.application.map { XMLElement($0.name, namespace: $0.namespace) }
    switch error.code {
    case .pendingSubscription:
      self.init(.notAuthorized, text: error.description, application: application)
    case .closedNode:
      self.init(.forbidden, text: error.description, application: application)
    case .unexpectedRequest:
      self.init(.unexpectedRequest, type: .modify, text: error.description, application: application)
    default:
      self.init(
        Condition(rawValue: error.code.rawValue) ?? .undefinedCondition, text: error.description,
        application: application)
    }
  }
}

extension ChannelError {
  /// What an answer of a channel server says. Names with underscores, as some wrote them, are read as well.
  ///
  /// **Spec**: channel-server §24.
  package init(_ error: StanzaError) {
    let application = error.application.map {
      ApplicationCondition(Self.hyphenated($0.name), namespace: $0.namespace)
    }
    let text = error.text ?? error.description
    switch application?.name {
    case "pending-subscription":
      self.init(.pendingSubscription, text, application: application)
    case "closed-node" where error.condition == .forbidden || error.condition == .undefinedCondition:
      self.init(.closedNode, text, application: application)
    default:
      self.init(Code(error.condition), text, application: application)
    }
  }

  /// Reads something that fails as stanzas do, and fails as channels do.
  static func from<Value>(_ read: () throws(StanzaError) -> Value) throws(ChannelError) -> Value {
    do throws(StanzaError) {
      return try read()
    } catch {
      throw ChannelError(error)
    }
  }

  private static func hyphenated(_ name: String) -> String {
    String(name.map { $0 == "_" ? "-" : $0 })
  }
}

extension ChannelError.Code {
  /// The code of a condition; what channels have no word for is what comes nearest to it.
  init(_ condition: StanzaError.Condition) {
    if let code = ChannelError.Code(rawValue: condition.rawValue) {
      self = code
      return
    }
    switch condition {
    case .jidMalformed: self = .badRequest
    case .gone, .redirect: self = .itemNotFound
    case .recipientUnavailable: self = .serviceUnavailable
    case .subscriptionRequired: self = .forbidden
    default: self = .internalServerError
    }
  }
}
