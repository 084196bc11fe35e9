import ChannelServer
import Channels
import Testing
import XMPP

@Suite("Accounts") struct AccountTests {
  @Test func `a registered user has a personal channel with its nodes`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try test.session("romeo")
    for name in ["posts", "status", "subscriptions", "geo/previous", "geo/current", "geo/next"] {
      let metadata = try await session.metadata(of: node("romeo", name))
      #expect(metadata.accessModel == .open)
      #expect(metadata.defaultAffiliation == .member)
      #expect(metadata.channelType == (name == "posts" ? .personal : nil))
      #expect(metadata.creationDate == test.clock.now)
    }
    #expect(
      try await session.metadata(of: posts("romeo")).title == "romeo@example.com's very own buddycloud channel")
    let memberships = try await session.memberships()
    #expect(memberships.count == 6)
    #expect(memberships.allSatisfy { $0.affiliation == .owner && $0.subscription == .subscribed })
  }

  @Test func `a registered user logs in with the password and with no other`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try await test.server.session(user: jid("romeo"), password: "secret of romeo")
    #expect(session.user == (try jid("romeo")))
    for password in ["", "secret of Romeo", "secret of romeo ", String(repeating: "x", count: 2000), "a\u{0}b"] {
      #expect(
        await refusal { try await test.server.session(user: jid("romeo"), password: password) } == .notAuthorized)
    }
  }

  @Test func `an unknown user is refused like a wrong password`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let unknown = await #expect(throws: ChannelError.self) {
      try await test.server.session(user: jid("nobody"), password: "secret")
    }
    let wrong = await #expect(throws: ChannelError.self) {
      try await test.server.session(user: jid("romeo"), password: "secret")
    }
    #expect(unknown == wrong)
  }
}
