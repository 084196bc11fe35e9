import Channels
import GRIP
import Hummingbird

/// `/:channel/metadata/:node` (buddycloud-http-api.md §4.4).
enum MetadataRoutes {
  static let routes = [
    Route(.get, "/:channel/metadata/:node", show),
    Route(.post, "/:channel/metadata/:node", change),
  ]

  @Sendable private static func show(_ call: APICall) async throws -> Response {
    let node = try call.node()
    let session = try await call.session()
    let metadata = try await call.run { try await session.metadata(of: node) }
    return .json(
      .object([
        "title": .string(metadata.title),
        "description": .string(metadata.description),
        "access_model": .string(metadata.accessModel.rawValue),
        "creation_date": .string(metadata.creationDate.description),
        "channel_type": metadata.channelType.map { .string($0.rawValue) },
        "default_affiliation": .string(metadata.defaultAffiliation.rawValue),
      ]))
  }

  @Sendable private static func change(_ call: APICall) async throws -> Response {
    let node = try call.node()
    let session = try await call.session()
    let bytes = try await call.body()
    var body: [JSONObject.Member] = []
    if !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D }) {
      guard let members = JSONValue(parsing: bytes)?.members else {
        throw APIError(.badRequest, #"the body is not a JSON object; send {"title":"…"} and the like"#)
      }
      body = members
    }
    let changes = try configuration(body)
    try await call.run { try await session.configure(node, changes) }
    return .done
  }

  private static func configuration(_ members: [JSONObject.Member]) throws(APIError) -> NodeConfiguration {
    var changes = NodeConfiguration()
    for member in members {
      guard ["title", "description", "access_model", "default_affiliation"].contains(member.name),
        member.value != .null
      else { continue }
      guard let text = member.value.string else {
        throw APIError(.badRequest, "\(member.name) must be a string")
      }
      switch member.name {
      case "title": changes.title = text
      case "description": changes.description = text
      case "access_model":
        guard let model = AccessModel(rawValue: text) else {
          let known = AccessModel.allCases.map(\.rawValue).joined(separator: ", ")
          throw APIError(.badRequest, "access_model '\(text)' is not known; it is one of \(known)")
        }
        changes.accessModel = model
      default:
        guard let affiliation = Affiliation(role: text), [.member, .publisher].contains(affiliation) else {
          throw APIError(.badRequest, "default_affiliation '\(text)' is not possible; it is member or publisher")
        }
        changes.defaultAffiliation = affiliation
      }
    }
    return changes
  }
}

extension Affiliation {
  /// Reads a role, also under the names that people gave it in 2013.
  init?(role: String) {
    switch role {
    case "follower": self = .member
    case "follower+post": self = .publisher
    case "banned": self = .outcast
    case "producer": self = .owner
    default: self.init(rawValue: role)
    }
  }
}
