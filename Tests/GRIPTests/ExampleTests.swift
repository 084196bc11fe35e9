import GRIP
import HTTPTypes
import Testing

/// The code of the landing page, so that it compiles and does what it says.
@Suite("The landing page's example")
struct ExampleTests {
  @Test func `an instruction goes from a server to a proxy, and an item from a publisher`() throws {
    let instruction = GRIPInstruction(
      hold: .response(timeout: .seconds(55)),
      channels: [GRIPChannel("room-7", previousID: "41")])
    let timedOut = GRIPResponse(headers: [.contentType: "application/json"], body: Array("[]".utf8))
    let body = try instruction.document(wrapping: timedOut)
    let fields = try instruction.documentFields()

    let read = try GRIPInstruction.decode(status: 200, reason: "OK", headers: fields, body: body)
    #expect(read.instruction == instruction)
    #expect(read.response == timedOut)

    let item = GRIPItem(
      channel: "room-7", id: "42", previousID: "41",
      httpResponse: .send(GRIPHTTPResponseMessage(body: .full(.text("[42]")))),
      httpStream: .send(.text("data: 42\n\n")))
    let publish = try GRIPItem.encodeBatch([item])
    #expect(try GRIPItem.decodeBatch(publish) == [item])
  }

  @Test func `an endpoint's key verifies what it signed`() throws {
    let endpoints = try GRIPEndpoint.parse(gripURL: "http://localhost:5561?iss=realm&key=base64:c2VjcmV0")
    let key = try #require(endpoints.first?.verifyKey)
    let token = try GRIPSignature.sign(issuer: "realm", expires: 1000, key: GRIPKey(secret: Array("secret".utf8)))
    let claims = try GRIPSignature.verify(token, key: key, now: 999)
    #expect(claims == GRIPClaims(issuer: "realm", expires: 1000))
  }
}
