import Channels
import GRIP
import Hummingbird
import XMPP

/// `/subscribed`, `/:channel/subscribers/:node` and its `approve` (buddycloud-http-api.md §4.5).
enum SubscriptionRoutes {
  static let routes = [
    Route(.get, "/subscribed", list),
    Route(.post, "/subscribed", change),
    Route(.get, "/:channel/subscribers/:node", subscribers),
    Route(.post, "/:channel/subscribers/:node", setAffiliations),
    Route(.get, "/:channel/subscribers/:node/approve", subscriptions),
    Route(.post, "/:channel/subscribers/:node/approve", approve),
  ]

  @Sendable private static func list(_ call: APICall) async throws -> Response {
    let session = try await call.userSession()
    let memberships = try await call.run { try await session.memberships() }
    return .json(
      .object(
        members: memberships.map { membership in
          let state = membership.subscription
          let role = state == .subscribed ? membership.affiliation.rawValue : state.rawValue
          return (membership.node.path, .string(role))
        }))
  }

  /// Follows and leaves nodes: every key of the object, in order. The role that is asked for says only whether to follow.
  @Sendable private static func change(_ call: APICall) async throws -> Response {
    let session = try await call.userSession()
    let shape = #"{"coffee@topics.example.com/posts":"member"} (or "none" to leave)"#
    guard let members = try await call.json(shape).members, !members.isEmpty else {
      throw APIError(.badRequest, "the body is not a JSON object with a node; send \(shape)")
    }
    var changes: [(node: NodeID, isLeaving: Bool)] = []
    for member in members {
      guard let role = member.value.string else {
        throw APIError(.badRequest, "the role of \(member.name) must be a string; send \(shape)")
      }
      changes.append((try APICall.node(path: member.name), role == "none"))
    }
    for change in changes {
      try await call.run {
        if change.isLeaving {
          try await session.unsubscribe(from: change.node)
        } else {
          _ = try await session.subscribe(to: change.node)
        }
      }
    }
    return .done
  }

  @Sendable private static func subscribers(_ call: APICall) async throws -> Response {
    let node = try call.node()
    let session = try await call.session()
    let memberships = try await call.run { try await session.affiliations(of: node) }
    return .json(
      .object(
        members: memberships.map { membership in
          (membership.user.description, .string(membership.affiliation.rawValue))
        }))
  }

  @Sendable private static func setAffiliations(_ call: APICall) async throws -> Response {
    let node = try call.node()
    let session = try await call.userSession()
    let shape = #"{"bob@example.com":"moderator"}"#
    guard let members = try await call.json(shape).members, !members.isEmpty else {
      throw APIError(.badRequest, "the body is not a JSON object with a user; send \(shape)")
    }
    var changes: [(user: JID, affiliation: Affiliation)] = []
    for member in members {
      guard let affiliation = member.value.string.flatMap(Affiliation.init(role:)) else {
        let known = Affiliation.allCases.map(\.rawValue).joined(separator: ", ")
        throw APIError(.badRequest, "the role of \(member.name) must be one of \(known)")
      }
      changes.append((try BasicCredentials.user(member.name, domain: call.configuration.domain), affiliation))
    }
    for change in changes {
      try await call.run { try await session.setAffiliation(change.affiliation, of: change.user, in: node) }
    }
    return .done
  }

  @Sendable private static func subscriptions(_ call: APICall) async throws -> Response {
    let node = try call.node()
    let session = try await call.userSession()
    let memberships = try await call.run { try await session.affiliations(of: node) }
    return .json(
      .array(
        memberships.map { membership in
          .object([
            "subscription": .string(membership.subscription.rawValue), "jid": .string(membership.user.description),
          ])
        }))
  }

  @Sendable private static func approve(_ call: APICall) async throws -> Response {
    let node = try call.node()
    let session = try await call.userSession()
    let shape = #"[{"jid":"carol@example.com","subscription":"subscribed"}] (or "none" to refuse)"#
    guard case .array(let list) = try await call.json(shape), !list.isEmpty else {
      throw APIError(.badRequest, "the body is not a JSON list with a user; send \(shape)")
    }
    var changes: [(user: JID, state: SubscriptionState)] = []
    for element in list {
      guard let members = element.members,
        let name = members.first(where: { $0.name == "jid" })?.value.string,
        let state = members.first(where: { $0.name == "subscription" })?.value.string
          .flatMap(SubscriptionState.init(rawValue:))
      else {
        throw APIError(.badRequest, "an element has no jid, or a subscription that is not known; send \(shape)")
      }
      changes.append((try BasicCredentials.user(name, domain: call.configuration.domain), state))
    }
    for change in changes {
      try await call.run { try await session.setSubscription(change.state, of: change.user, in: node) }
    }
    return .done
  }
}
