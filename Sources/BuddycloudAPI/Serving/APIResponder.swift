import Channels
import Foundation
import HTTPTypes
package import Hummingbird
import HummingbirdGRIP
import Logging
import ServerKit

/// Answers every request of the API: CORS around errors around the proxy's signature around credentials around the route.
package struct APIResponder: HTTPResponder {
  /// What the API knows about a request.
  package typealias Context = APIContext

  let services: APIServices
  let routes: RouteTable
  let gripMiddleware: GRIPMiddleware<APIContext>

  /// The answer; it throws only when the request's task is cancelled.
  package func respond(to request: Request, context: APIContext) async throws -> Response {
    let cors = services.cors.fields(origin: request.headers[.origin])
    var response: Response
    do {
      response = try await gripMiddleware.handle(request, context: context) { request, context in
        try await answer(request, context: context, cors: cors)
      }
    } catch let error as APIError {
      response = error.response()
    } catch let error as ChannelError {
      response = APIError(error, hasCredentials: false, realm: services.configuration.domain).response()
    } catch let error as CancellationError {
      throw error
    } catch {
      services.logger.error(
        "a request failed inside", metadata: .keys([.errorDetail: String(describing: error), .requestID: context.id]))
      response = APIError(.internalServerError).response()
    }
    if response.headers[.contentType] != "application/grip-instruct" {
      var fields = cors
      fields.append(contentsOf: response.headers)
      response.headers = fields
    }
    return request.method == .head ? response.createHeadResponse() : response
  }

  /// Finds the route and runs it.
  private func answer(_ request: Request, context: APIContext, cors: HTTPFields) async throws -> Response {
    if request.method == .options {
      return Response(status: .ok, headers: [.accessControlMaxAge: "86400"])
    }
    let target = try RequestTarget(
      request.head.path ?? "/", maxBytes: services.configuration.limits.maxTargetBytes)
    let method = request.method.rawValue
    switch routes.match(request.method, target.segments) {
    case .none:
      if let fault = RouteTable.channelFault(in: target.segments) { throw APIError(.badRequest, fault) }
      throw APIError(.notFound, "there is no \(method) /\(target.segments.joined(separator: "/"))")
    case .otherMethods(let methods):
      var error = APIError(.methodNotAllowed, "\(method) is not possible here")
      var names = methods.map(\.rawValue)
      if methods.contains(.get) { names.append("HEAD") }
      error.headers[.allow] = (names + ["OPTIONS"]).joined(separator: ", ")
      throw error
    case .route(let route, let parameters):
      let credentials = try request.headers[.authorization].map { field in
        try BasicCredentials(field, domain: services.configuration.domain)
      }
      let call = APICall(
        services: services, request: request, target: target, parameters: parameters, grip: context.grip,
        credentials: credentials, peer: Self.peer(request, context), corsFields: cors,
        connection: services.connections.watch(of: context.connection))
      var response = try await route.handler(call)
      if credentials != nil, target.segments.first?.lowercased() != "notifications",
        !response.headers.contains(.cacheControl)
      {
        response.headers[.cacheControl] = "private, no-store"
      }
      return response
    }
  }

  /// The client's address: the connection's, or what a proxy that we trust says of it.
  private static func peer(_ request: Request, _ context: APIContext) -> String {
    if context.grip.isProxied, let forwarded = request.headers[values: .xForwardedFor].last {
      let last = forwarded.split(separator: ",").last.map { $0.trimmingCharacters(in: .whitespaces) }
      if let last, !last.isEmpty { return last }
    }
    return context.peerAddress ?? "unknown"
  }
}

extension HTTPField.Name {
  static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
}
