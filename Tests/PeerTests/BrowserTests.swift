import Foundation
import TestKit
import Testing

extension PeerTests {
  @Suite("A browser in front of the edge") struct BrowserTests {
    @Test func `EventSource and fetch read a held stream in Chromium`() throws {
      try #require(Python.has("playwright"), "make test installs it into .venv")
      try #require(Command.exists("chromium"), "make test installs it")
      let origin = try HTTPDouble { request in
        func held(_ type: String, _ body: String) -> HTTPDouble.Answer {
          .response(
            status: 200, fields: [("Content-Type", type), ("Grip-Hold", "stream"), ("Grip-Channel", "news")], body: body
          )
        }
        switch request.target {
        case "/events": return held("text/event-stream", "id: 0\ndata: welcome\n\n")
        case "/lines": return held("text/plain", "welcome\n")
        case "/": return .response(status: 200, fields: [("Content-Type", "text/html")], body: "<!doctype html>")
        default: return .response(status: 404)
        }
      }
      let edge = try EdgeUnderTest(routes: "* \(origin.address)\n", settings: ["sig_iss": "pushpin"])
      try run("browser_streams.py", edge)
    }

    @Test(arguments: [false, true])
    func `WebSocket speaks with native origins and with those over HTTP in Chromium`(isCompressed: Bool) throws {
      for module in ["playwright", "websockets", "gripcontrol"] {
        try #require(Python.has(module), "make test installs it into .venv")
      }
      try #require(Command.exists("chromium"), "make test installs it")
      let pages = try HTTPDouble { _ in
        .response(status: 200, fields: [("Content-Type", "text/html")], body: "<!doctype html>")
      }
      let (native, overHTTP) = (try Address.free(), try Address.free())
      let edge = try EdgeUnderTest(
        routes: """
          * \(pages.address)
          *,path_beg=/native \(native)
          *,path_beg=/http \(overHTTP),over_http

          """, settings: ["sig_iss": "pushpin"], compresses: isCompressed)
      try run("browser_sockets.py", edge, ["NATIVE_PORT": "\(native.port)", "HTTP_PORT": "\(overHTTP.port)"])
    }

    private func run(_ name: String, _ edge: EdgeUnderTest, _ environment: [String: String] = [:]) throws {
      let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: name).path
      let pictures = try TemporaryFolder()
      let result = try Command.result(
        Python.path, ["-u", script, "http://\(edge.address)", pictures.path],
        environment: environment.merging(["CONTROL_URL": "http://\(edge.control)"]) { $1 }, deadline: .seconds(180))
      #expect(result.ending == .exited(0) && result.output.contains("checks held"), "\(result.output)")
    }
  }
}
