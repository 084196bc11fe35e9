import HTTPTypes
package import Hummingbird
package import Logging
import NIOCore

/// Serves the web client: its files, and its page for every path that is no file, as the page shows channels by path.
package struct WebResponder: HTTPResponder {
  /// Hummingbird's own: nothing more is needed.
  package typealias Context = BasicRequestContext

  private let file: @Sendable (String) -> WebFile?
  private static let maxTargetBytes = 8192

  private let fields: HTTPFields

  /// - Parameters:
  ///   - contentSecurityPolicy: what the page may load and run; sent with every answer.
  ///   - file: gives a file by its path, which begins with `/`.
  package init(contentSecurityPolicy: String, file: @escaping @Sendable (String) -> WebFile?) {
    self.file = file
    fields = [
      .contentSecurityPolicy: contentSecurityPolicy,
      .xContentTypeOptions: "nosniff",
      .referrerPolicy: "no-referrer",
      .cacheControl: "no-cache",
    ]
  }

  /// The file, the page, or what is wrong.
  package func respond(to request: Request, context: Context) async throws -> Response {
    do {
      return try answer(request)
    } catch {
      var response = error.response()
      response.headers.append(contentsOf: fields)
      return request.method == .head ? response.createHeadResponse() : response
    }
  }

  /// The application that serves the files. It is meant for loopback, behind the edge.
  package func application(
    host: String, port: Int, logger: Logger, onServerRunning: @escaping @Sendable (_ port: Int) async -> Void
  ) -> Application<WebResponder> {
    Application(
      responder: self, server: .http1(configuration: .init(idleTimeout: .seconds(60))),
      configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
      onServerRunning: { channel in await onServerRunning(channel.localAddress?.port ?? port) }, logger: logger)
  }

  private func answer(_ request: Request) throws(APIError) -> Response {
    guard request.method == .get || request.method == .head else {
      var error = APIError(.methodNotAllowed, "this is a page to be read")
      error.headers[.allow] = "GET, HEAD"
      throw error
    }
    let target = try RequestTarget(request.head.path ?? "/", maxBytes: Self.maxTargetBytes)
    guard let found = find(target.segments) else {
      throw APIError(.notFound, "there is no such file")
    }
    var fields = self.fields
    fields[.eTag] = found.etag
    let known = request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
    if known.contains(where: { $0.drop { $0 == " " } == found.etag || $0 == "*" }) {
      return Response(status: .notModified, headers: fields)
    }
    fields[.contentType] = found.contentType
    let response = Response(
      status: .ok, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: found.bytes)))
    return request.method == .head ? response.createHeadResponse() : response
  }

  private func find(_ segments: [String]) -> WebFile? {
    let page = "/index.html"
    guard let last = segments.last else { return file(page) }
    if let found = file("/" + segments.joined(separator: "/")) { return found }
    // A channel's name has dots, too, but is never taken for a file.
    let isFile = last.contains(".") && !last.contains("@") && segments.allSatisfy { !$0.contains("@") }
    return isFile ? nil : file(page)
  }
}

extension HTTPField.Name {
  fileprivate static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
}
