import GRIP
import HTTPTypes

// The code of GRIP's documentation, so that it compiles. `HouseStyleTests` looks for its blocks here.

private func overview() throws {
  // The server: hold a long-poll until something newer than item 41 of the channel comes.
  let instruction = GRIPInstruction(
    hold: .response(timeout: .seconds(55)),
    channels: [GRIPChannel("room-7", previousID: "41")])
  let timedOut = GRIPResponse(headers: [.contentType: "application/json"], body: Array("[]".utf8))
  let body = try instruction.document(wrapping: timedOut)  // application/grip-instruct
  let fields = try instruction.documentFields()  // the headers that go with it

  // The proxy: read what the server said.
  let read = try GRIPInstruction.decode(status: 200, reason: "OK", headers: fields, body: body)

  // A publisher: item 42, for long-polls and for streams.
  let item = GRIPItem(
    channel: "room-7", id: "42", previousID: "41",
    httpResponse: .send(GRIPHTTPResponseMessage(body: .full(.text("[42]")))),
    httpStream: .send(.text("data: 42\n\n")))
  let publish = try GRIPItem.encodeBatch([item])  // POST {control URI}/publish/
  _ = (read, publish)
}

private func trust(token: String, key: GRIPKey, secondsSince1970: Int64) throws {
  let endpoints = try GRIPEndpoint.parse(gripURL: "http://localhost:5561?iss=realm&key=base64:c2VjcmV0")
  let claims = try GRIPSignature.verify(token, key: key, now: secondsSince1970)
  _ = (endpoints, claims)
}
