import Foundation
import GRIP
import HTTPTypes
import Hummingbird
import HummingbirdGRIP

// The code of HummingbirdGRIP's documentation, so that it compiles. `HouseStyleTests` looks for its blocks here.

private func overview() throws {
  struct Context: GRIPRequestContext {
    var coreContext: CoreRequestContextStorage
    var grip = GRIPRequestInfo.direct

    init(source: ApplicationRequestContextSource) {
      coreContext = .init(source: source)
    }
  }

  let endpoints = try GRIPEndpoint.parse(gripURL: "http://localhost:5561?iss=realm&key=secret")
  let router = Router(context: Context.self)
  router.add(middleware: GRIPMiddleware(endpoints: endpoints, now: { Int64(Date().timeIntervalSince1970) }))

  router.get("room") { request, context in
    guard context.grip.isProxied else { return Response(status: .notImplemented) }
    return try Response.hold(
      GRIPInstruction(
        hold: .response(timeout: .seconds(55)),
        channels: [GRIPChannel("room-7", previousID: context.grip.lastIDs["room-7"])]),
      response: GRIPResponse(headers: [.contentType: "application/json"], body: Array("[]".utf8)))
  }

  router.gripWebSocket("chat") { session, events, context in
    if session.isOpening {
      session.accept()
      session.keepAliveInterval = .seconds(60)
      try session.subscribe("room-7")
    }
    for event in events {
      switch event {
      case .text(let text): session.send("you said: \(text)")
      case .close(let code, _): session.close(code: code ?? 1000)
      default: break
      }
    }
  }
}
