import ArgumentParser
import GRIP
import Testing

@testable import fanout

@Suite("The tables of the admin commands")
struct AdminTablesTests {
  private func json(_ text: String) throws -> JSONValue { try JSONReader.read(text.utf8) }

  @Test func `columns are as wide as they need`() {
    var table = TextTable(["NAME", "N"], numbers: [1])
    table.add(["a", "1"])
    table.add(["longer", "234"])
    #expect(table.text == "NAME      N\na         1\nlonger  234")
  }

  @Test func `what would command a terminal is shown as a question mark`() {
    var table = TextTable(["NAME"])
    table.add(["a\u{1b}[31mb\u{9b}\n"])
    #expect(table.text == "NAME\na?[31mb??")
  }

  @Test func `channels have a column for each transport`() throws {
    let text = try json(
      #"{"channels":[{"channel":"news","members":{"long-poll":1,"stream":20}}],"next":"news"}"#)
    #expect(
      AdminTables.channels(text)
        == "CHANNEL  LONG-POLL  STREAM\nnews             1      20\nthere are more: --after 'news'")
    #expect(AdminTables.channels(try json(#"{"channels":[]}"#)) == "CHANNEL")
  }

  @Test func `connections say what waits and since when`() throws {
    let text = AdminTables.connections(
      try json(
        #"{"total":7,"connections":[{"id":3,"peer":"127.0.0.1","transport":"stream","state":"held","age-ms":125000,"queued-bytes":9,"slow-ms":1500,"route":"*","channels":["a","b"],"user":"romeo"}]}"#
      ))
    #expect(text.contains("125 s"))
    #expect(text.contains("1500 ms"))
    #expect(text.contains("romeo  a b"))
    #expect(text.hasSuffix("1 of 7"))
  }

  @Test func `a dry run without a route says what the client would get`() throws {
    #expect(AdminTables.match(try json(#"{"route":null}"#)).contains("502"))
    let text = AdminTables.match(
      try json(
        #"{"route":{"id":"r","targets":["a:1","b:2"]},"trusted":false,"request":{"method":"GET","target":"/x","host":"h","headers":[["K","V"]]}}"#
      ))
    #expect(text == "route    r\ntargets  a:1, then b:2\nsent     GET /x\n         Host: h\n         K: V")
  }

  @Test(arguments: ["http://localhost:5561", "http://127.0.0.1:5561", "http://[::1]:5561", "https://example.org/x"])
  func `credentials go to this machine, and by TLS to others`(url: String) throws {
    let endpoints = try ControlEndpoints.read(url, user: nil, bearer: "t")
    guard case .bearer("t")? = endpoints.first?.authentication else {
      Issue.record("\(endpoints)")
      return
    }
  }

  @Test(arguments: ["http://example.org:5561", "http://127.example.org", "http://10.0.0.1:5561"])
  func `credentials do not go to others over plain http`(url: String) {
    #expect(throws: (any Error).self) { try ControlEndpoints.read(url, user: "a:b", bearer: nil) }
    #expect(throws: (any Error).self) { try ControlEndpoints.read("http://localhost", user: "a", bearer: nil) }
    #expect(throws: (any Error).self) { try ControlEndpoints.read("http://localhost", user: "a:b", bearer: "t") }
  }
}
