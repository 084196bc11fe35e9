import TestKit
import Testing

/// The stores that a server can have.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
  case sqlite
  case postgresql

  var testDescription: String { rawValue }

  /// The options of a server with an empty one.
  func options() throws -> [String] {
    switch self {
    case .sqlite: return []
    case .postgresql:
      let server = try PostgreSQLServer.shared.get()
      return ["--store", server.url(schema: try server.makeSchema())]
    }
  }
}
