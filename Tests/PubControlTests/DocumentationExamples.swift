import GRIP
import PubControl

// The code of PubControl's documentation, so that it compiles. `HouseStyleTests` looks for its blocks here.

private func overview() async throws {
  let control = PubControl(endpoints: try GRIPEndpoint.parse(gripURL: "http://localhost:5561?iss=realm&key=secret"))

  let outcomes = try await control.publish([
    GRIPItem(channel: "room-7", id: "42", previousID: "41", httpStream: .send(.text("data: 42\n\n")))
  ])
  for outcome in outcomes {
    if let failure = outcome.failure { print("\(outcome.endpoint): \(failure)") }
  }
}
