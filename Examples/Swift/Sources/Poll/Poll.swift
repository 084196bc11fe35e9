import Foundation
import GRIP
import Hummingbird
import HummingbirdGRIP
import PubControl
import Synchronization

// A notice board, read by long-polling: nothing is missed, and nobody asks in vain.
//
//     fanout edge --port 7999 --route '* localhost:9001' &
//     swift run Poll &
//     curl http://localhost:7999/notices?after=0      waits for the first notice
//     curl -d 'Tea at five' http://localhost:7999/notices

/// What a request carries through the server: here also what the proxy said.
struct PollContext: GRIPRequestContext {
  var coreContext: CoreRequestContextStorage
  var grip = GRIPRequestInfo.direct

  init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }
}

/// The notices since the start. A notice's number is its position, from 1.
final class Board: Sendable {
  private let notices = Mutex<[String]>([])

  /// Keeps a notice and gives its number.
  func add(_ text: String) -> Int {
    notices.withLock { notices in
      notices.append(text)
      return notices.count
    }
  }

  /// The notices after a number, a line each, and the number of the last.
  func page(after number: Int) -> (last: Int, text: String) {
    notices.withLock { notices in
      let new = notices.dropFirst(max(0, number))
      return (notices.count, new.map { $0 + "\n" }.joined())
    }
  }
}

@main
struct Poll {
  static func main() async throws {
    let environment = ProcessInfo.processInfo.environment
    let url = environment["GRIP_URL"] ?? "http://localhost:5561?key=changeme"
    let port = environment["PORT"].flatMap { Int($0) } ?? 9001
    let proxies = try GRIPEndpoint.parse(gripURL: url)
    let publisher = PubControl(endpoints: proxies)
    let board = Board()

    let router = Router(context: PollContext.self)
    router.add(middleware: GRIPMiddleware(endpoints: proxies) { Int64(Date().timeIntervalSince1970) })
    router.get("/notices") { request, context in
      let after = request.uri.queryParameters["after"].flatMap { Int($0) } ?? 0
      let page = board.page(after: after)
      let response = Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: page.text)))
      guard page.text.isEmpty, context.grip.isProxied else { return response }
      // Nothing new: the proxy waits for the notice after this one. If that was published meanwhile, `previousID` tells it,
      // and it asks again instead.
      let channel = GRIPChannel("notices", previousID: String(page.last))
      return try response.held(GRIPInstruction(hold: .response(timeout: .seconds(55)), channels: [channel]))
    }
    router.post("/notices") { request, _ in
      let text = String(buffer: try await request.body.collect(upTo: 1000)).filter { !$0.isNewline }
      let number = board.add(text)
      _ = try await publisher.publish([
        GRIPItem(
          channel: "notices", id: String(number), previousID: String(number - 1),
          httpResponse: .send(GRIPHTTPResponseMessage(body: .full(.text(text + "\n")))))
      ])
      return "notice \(number)\n"
    }
    let application = Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)))
    try await application.runService()
  }
}
