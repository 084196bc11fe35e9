import ChannelStorePostgreSQL
import ChannelStoreSQLite
import Channels
import Foundation
import TestKit
import Testing
import XMPP

/// The stores that `ChannelStoreSuite` runs on.
enum StoreDriver: String, CaseIterable, CustomTestStringConvertible {
  case sqlite
  case postgresql

  var testDescription: String { rawValue }

  /// An empty store, and a place that lives as long as it is held.
  func make() throws -> (store: any ChannelStore, directory: any Sendable) {
    switch self {
    case .sqlite:
      let directory = try TemporaryDirectory()
      return (try SQLiteChannelStore(SQLiteStoreConfiguration(path: directory.database)), directory)
    case .postgresql:
      let place = try PostgreSQLPlace()
      return (try place.open(), place)
    }
  }
}

/// A schema of its own in a running server.
struct PostgreSQLPlace: Sendable {
  let server: PostgreSQLServer
  let schema: String

  /// In the server that all share, where none is given.
  init(_ server: PostgreSQLServer? = nil) throws {
    self.server = try server ?? PostgreSQLServer.shared.get()
    schema = try self.server.makeSchema()
  }

  /// Opens the store there.
  func open(_ change: (inout PostgreSQLStoreConfiguration) -> Void = { _ in }) throws -> PostgreSQLChannelStore {
    var configuration = PostgreSQLStoreConfiguration(
      connection: try ConnectionString(server.url(schema: schema) + "&application_name=\(schema)"))
    configuration.poolSize = 3
    change(&configuration)
    return try PostgreSQLChannelStore(configuration)
  }
}

/// A directory that goes with its last reference.
final class TemporaryDirectory: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "channel-store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  var database: String { url.appending(path: "channels.sqlite").path }
}

let alice = JID(prepared: "alice@example.com")
let bob = JID(prepared: "bob@example.com")
let carol = JID(prepared: "carol@example.com")
let postsNode = NodeID(channel: alice, name: "posts")

func metadata(_ model: AccessModel = .open, title: String = "Title", description: String = "") -> NodeMetadata {
  NodeMetadata(
    title: title, description: description, accessModel: model, defaultAffiliation: .member, channelType: .personal,
    creationDate: Timestamp(milliseconds: 5))
}

func membership(
  _ user: JID, _ affiliation: Affiliation, _ subscription: SubscriptionState = .subscribed, in node: NodeID = postsNode
) -> StoredMembership {
  StoredMembership(Membership(node: node, user: user, affiliation: affiliation, subscription: subscription))
}

func entry(
  _ id: String, at time: Int64, in node: NodeID = postsNode, by author: JID = alice, content: String = "",
  title: String? = nil, replyTo: String? = nil
) -> Entry {
  var children = [XMLElement("content", namespace: Namespaces.atom, text: content)]
  if let title { children.append(XMLElement("title", namespace: Namespaces.atom, text: title)) }
  if let replyTo {
    children.append(XMLElement("in-reply-to", namespace: Namespaces.threads, attributes: ["ref": replyTo]))
  }
  return Entry(
    id: id, node: node, author: author, published: Timestamp(milliseconds: time),
    updated: Timestamp(milliseconds: time),
    title: title, content: content, inReplyTo: replyTo, media: [],
    xml: XMLElement("entry", namespace: Namespaces.atom, children: children.map { .element($0) }))
}

/// The code of what an operation throws; `nil` where it throws nothing.
func refusal<Value>(_ operation: () async throws -> Value) async -> ChannelError.Code? {
  do {
    _ = try await operation()
    return nil
  } catch {
    return (error as? ChannelError)?.code ?? .internalServerError
  }
}
