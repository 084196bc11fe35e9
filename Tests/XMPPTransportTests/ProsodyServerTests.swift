import TestKit
import Testing

@Suite("The Prosody of the tests", .timeLimit(.minutes(2)))
struct ProsodyServerTests {
  @Test func `it starts with accounts and components, comes back after a kill and stops`() throws {
    var settings = ProsodyServer.Settings()
    settings.components = ["channels.montague.example": "secret"]
    let server = try ProsodyServer(settings)
    try server.addUser("romeo", password: "wherefore")
    try server.kill()
    #expect(throws: TestFailure.self) { try TCPConnection(to: server.clients) }
    try server.start()
    let connection = try TCPConnection(to: server.components)
    try connection.send(
      """
      <stream:stream xmlns="jabber:component:accept" xmlns:stream="http://etherx.jabber.org/streams" \
      to="channels.montague.example">
      """)
    #expect(String(decoding: try connection.receive(), as: UTF8.self).contains("<stream:stream"))
    try server.stop()
  }
}
