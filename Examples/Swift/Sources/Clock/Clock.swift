import Foundation
import GRIP
import Hummingbird
import HummingbirdGRIP
import PubControl

// A clock that any number of people can watch, from a server that keeps no connection open: server-sent events.
//
//     fanout edge --port 7999 --route '* localhost:9000' &
//     swift run Clock &
//     curl -N http://localhost:7999/

/// What a request carries through the server: here also what the proxy said.
struct ClockContext: GRIPRequestContext {
  var coreContext: CoreRequestContextStorage
  var grip = GRIPRequestInfo.direct

  init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }
}

@main
struct Clock {
  static func main() async throws {
    // The proxy's control port, and how its requests are recognised: GRIP_URL as its operator gives it.
    let environment = ProcessInfo.processInfo.environment
    let url = environment["GRIP_URL"] ?? "http://localhost:5561?key=changeme"
    let port = environment["PORT"].flatMap { Int($0) } ?? 9000
    let proxies = try GRIPEndpoint.parse(gripURL: url)

    let router = Router(context: ClockContext.self)
    router.add(middleware: GRIPMiddleware(endpoints: proxies) { Int64(Date().timeIntervalSince1970) })
    router.get("/") { _, context in
      guard context.grip.isProxied else { throw HTTPError(.notImplemented, message: "Ask the proxy.\n") }
      // Hold: the proxy answers with this text, and keeps the connection open on channel `time`.
      var welcome = Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: ": the time is\n\n")))
      welcome.headers[.contentType] = "text/event-stream"
      return try welcome.held(GRIPInstruction(hold: .stream(keepAlive: nil), channels: [GRIPChannel("time")]))
    }
    let application = Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)))

    let publisher = PubControl(endpoints: proxies)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await application.runService() }
      group.addTask {
        // Publish: one request, whoever listens.
        while true {
          try await Task.sleep(for: .seconds(1))
          let event = "data: \(Date())\n\n"
          _ = try await publisher.publish([GRIPItem(channel: "time", httpStream: .send(.text(event)))])
        }
      }
      try await group.next()
      group.cancelAll()
    }
  }
}
