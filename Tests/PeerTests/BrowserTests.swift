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
      let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "browser_streams.py").path
      let pictures = try TemporaryFolder()
      let result = try Command.result(
        Python.path, ["-u", script, "http://\(edge.address)", pictures.path],
        environment: ["CONTROL_URL": "http://\(edge.control)"], deadline: .seconds(180))
      #expect(result.ending == .exited(0) && result.output.contains("checks held"), "\(result.output)")
    }
  }
}
