import Foundation
import GRIP
import Hummingbird
import HummingbirdGRIP
import PubControl

// A chat room over WebSockets, from a server that has none: the proxy turns them into ordinary POST requests.
//
//     fanout edge --port 7999 --route '* localhost:9002,over_http' &
//     swift run Chat &
//     python3 -m websockets ws://localhost:7999/chat      in two windows

/// What a request carries through the server: here also what the proxy said.
struct ChatContext: GRIPRequestContext {
  var coreContext: CoreRequestContextStorage
  var grip = GRIPRequestInfo.direct

  init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }
}

@main
struct Chat {
  static func main() async throws {
    let environment = ProcessInfo.processInfo.environment
    let url = environment["GRIP_URL"] ?? "http://localhost:5561?key=changeme"
    let port = environment["PORT"].flatMap { Int($0) } ?? 9002
    let proxies = try GRIPEndpoint.parse(gripURL: url)
    let publisher = PubControl(endpoints: proxies)

    let router = Router(context: ChatContext.self)
    router.add(middleware: GRIPMiddleware(endpoints: proxies) { Int64(Date().timeIntervalSince1970) })
    router.gripWebSocket("chat") { session, events, _ in
      if session.isOpening {
        session.accept()
        try session.subscribe("room")
        session.send("Welcome.")
      }
      for event in events {
        // To everybody in the room, the sender too.
        guard case .text(let text) = event else { continue }
        _ = try await publisher.publish([
          GRIPItem(channel: "room", webSocket: .send(.text(text), isBinary: false))
        ])
      }
    }
    let application = Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)))
    try await application.runService()
  }
}
