import GRIP
import HTTPTypes
import Hummingbird
import HummingbirdGRIP
import HummingbirdTesting
import NIOCore
import Testing

/// The code of the landing page, so that it compiles and does what it says.
@Suite("The landing page's example")
struct ExampleTests {
  @Test func `a signed request is held, another is refused`() async throws {
    let endpoints = try GRIPEndpoint.parse(gripURL: "http://localhost:5561?iss=realm&key=secret")
    let router = Router(context: ProxiedContext.self)
    router.add(middleware: GRIPMiddleware(endpoints: endpoints, now: { 1000 }))

    router.get("room") { request, context in
      guard context.grip.isProxied else { return Response(status: .notImplemented) }
      return try Response.hold(
        GRIPInstruction(
          hold: .response(timeout: .seconds(55)),
          channels: [GRIPChannel("room-7", previousID: context.grip.lastIDs["room-7"])]),
        response: GRIPResponse(headers: [.contentType: "application/json"], body: Array("[]".utf8)))
    }

    let token = try GRIPSignature.sign(issuer: "realm", expires: 2000, key: GRIPKey(secret: Array("secret".utf8)))
    try await Application(router: router).test(.live) { client in
      let headers: HTTPFields = [.gripSig: token, .gripLast: "room-7; last-id=41"]
      try await client.execute(uri: "/room", method: .get, headers: headers) { response in
        let read = try GRIPInstruction.decode(
          status: response.status.code, reason: nil, headers: response.headers,
          body: Array(response.body.readableBytesView))
        #expect(read.instruction.channels == [GRIPChannel("room-7", previousID: "41")])
        #expect(read.response.body == Array("[]".utf8))
      }
      try await client.execute(uri: "/room", method: .get) { #expect($0.status == .notImplemented) }
    }
  }

  @Test func `a WebSocket is subscribed and answered`() async throws {
    let endpoints = try GRIPEndpoint.parse(gripURL: "http://localhost:5561?iss=realm&key=secret")
    let router = Router(context: ProxiedContext.self)
    router.add(middleware: GRIPMiddleware(endpoints: endpoints, now: { 1000 }))

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

    let token = try GRIPSignature.sign(issuer: "realm", expires: 2000, key: GRIPKey(secret: Array("secret".utf8)))
    let headers: HTTPFields = [
      .gripSig: token, .contentType: GRIPWebSocketEvent.mediaType, .connectionID: "1", .secWebSocketExtensions: "grip",
    ]
    let body = ByteBuffer(bytes: try GRIPWebSocketEvent.encode([.open, .text("hi")]))
    try await Application(router: router).test(.live) { client in
      try await client.execute(uri: "/chat", method: .post, headers: headers, body: body) { response in
        #expect(response.headers[.keepAliveInterval] == "60")
        let answers = try GRIPWebSocketEvent.decode(response.body.readableBytesView)
        #expect(
          answers == [
            .open, .text(#"c:{"type":"subscribe","channel":"room-7"}"#), .text("m:you said: hi"),
          ])
      }
    }
  }
}
