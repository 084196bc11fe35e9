import GRIP
import PubControl
import PubControlZeroMQ

// The code of PubControlZeroMQ's documentation, so that it compiles. `HouseStyleTests` looks for its blocks here.

private func overview() async throws {
  let control = try PubControlZeroMQ(endpoints: [
    ZeroMQEndpoint("tcp://127.0.0.1:5560", kind: .push),
    ZeroMQEndpoint("tcp://127.0.0.1:5562", kind: .publish),
  ])

  let outcomes = try await control.publish([
    GRIPItem(channel: "room-7", id: "42", previousID: "41", httpStream: .send(.text("data: 42\n\n")))
  ])
  for outcome in outcomes {
    if let failure = outcome.failure { print("\(outcome.endpoint): \(failure)") }
  }
  await control.close()
}

private func interest(_ control: PubControlZeroMQ) async {
  for await change in control.interest() {
    print("\(change.channel) has \(change.isWanted ? "a listener" : "no listener any more")")
  }
}
