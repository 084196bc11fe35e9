import Channels
import Hummingbird

/// `GET /`, `/healthz` and `/readyz`.
enum RootRoutes {
  static let routes = [
    Route(.get, "/") { call in
      // The idiom of all clients to see whether credentials are right.
      _ = try await call.session()
      return Response(status: .noContent)
    },
    // The process is alive.
    Route(.get, "/healthz") { _ in .done },
    // The store answers and takes posts, so requests will be.
    Route(.get, "/readyz") { call in
      guard call.services.channels.failure == nil else {
        throw APIError(.serviceUnavailable, "the store has failed; nothing is accepted until a restart")
      }
      do {
        _ = try await call.services.channels.events(in: .anonymous, after: 0, max: 1)
      } catch {
        throw APIError(.serviceUnavailable, "the store does not answer")
      }
      return .done
    },
  ]
}
