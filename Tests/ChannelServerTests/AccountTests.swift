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
    let metadata = try await session.metadata(of: posts("romeo"))
    #expect(metadata.title == "romeo@example.com's very own buddycloud channel")
    #expect(metadata.description.isEmpty)
    let memberships = try await session.memberships()
    #expect(memberships.count == 6)
    #expect(memberships.allSatisfy { $0.affiliation == .owner && $0.subscription == .subscribed })
  }

  @Test func `the defaults of personal nodes can be set`() async throws {
    let test = try TestServer { configuration in
      configuration.nodes.accessModel = .authorize
      configuration.nodes.overrides = ["geo/current": .init(accessModel: .whitelist)]
      configuration.nodes.personalAffiliation = .publisher
      configuration.nodes.personalTitle = "%local% of %jid% %% %node%"
    }
    try await test.register("romeo")
    let metadata = try await test.anonymous.metadata(of: posts("romeo"))
    #expect(metadata.title == "romeo of romeo@example.com %% posts")
    #expect(metadata.accessModel == .authorize)
    #expect(metadata.defaultAffiliation == .publisher)
    #expect(try await test.anonymous.metadata(of: node("romeo", "geo/current")).accessModel == .whitelist)
  }

  @Test func `a registered user logs in with the password and with no other`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let session = try await test.server.session(user: jid("romeo"), password: "secret of romeo")
    #expect(session.user == (try jid("romeo")))
    let fromDevice = try await test.server.session(user: jid("romeo@example.com/phone"), password: "secret of romeo")
    #expect(fromDevice.user == (try jid("romeo")))
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
    #expect(
      await refusal { try await test.server.session(user: jid("romeo@other.example"), password: "secret of romeo") }
        == .notAuthorized)
  }

  @Test func `a changed password replaces the old one at once, also where it was just proven`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    _ = try await test.server.session(user: jid("romeo"), password: "secret of romeo")
    try await test.server.changePassword(of: jid("romeo"), to: "Rosaline")
    #expect(
      await refusal { try await test.server.session(user: jid("romeo"), password: "secret of romeo") }
        == .notAuthorized)
    _ = try await test.server.session(user: jid("romeo"), password: "Rosaline")
    #expect(
      await refusal { try await test.server.changePassword(of: jid("nobody"), to: "x") } == .itemNotFound)
    #expect(await refusal { try await test.server.changePassword(of: jid("romeo"), to: "") } == .badRequest)
  }

  @Test func `a password changed by another server on the same store counts here too`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    _ = try await test.server.session(user: jid("romeo"), password: "secret of romeo")
    var configuration = ChannelServerConfiguration(domain: "example.com")
    configuration.passwords.iterations = 10_001
    let other = try ChannelServer(
      store: test.store, configuration: configuration, surroundings: test.clock.surroundings)
    try await other.changePassword(of: jid("romeo"), to: "Rosaline")
    #expect(
      await refusal { try await test.server.session(user: jid("romeo"), password: "secret of romeo") }
        == .notAuthorized)
    _ = try await test.server.session(user: jid("romeo"), password: "Rosaline")
  }

  @Test func `the store has no password, and salts differ`() async throws {
    let test = try TestServer()
    try await test.register("romeo", "juliet")
    let accounts = try await test.store.read { store in
      [try store.account(JID(prepared: "romeo@example.com")), try store.account(JID(prepared: "juliet@example.com"))]
    }
    let credentials = accounts.compactMap(\.self?.credentials)
    #expect(credentials.count == 2)
    #expect(credentials[0].salt != credentials[1].salt)
    #expect(credentials.allSatisfy { $0.salt.count == 16 && $0.storedKey.count == 32 && $0.serverKey.count == 32 })
    #expect(credentials.allSatisfy { $0.iterations == 10_000 })
  }

  @Test(arguments: ["", String(repeating: "x", count: 1024), "a\u{0}b", "a\nb"])
  func `what is no password is refused`(password: String) async throws {
    let test = try TestServer()
    #expect(
      await refusal { try await test.server.register(user: jid("romeo"), password: password, email: "") }
        == .badRequest)
  }

  @Test func `a password is the same however its characters are composed`() async throws {
    let test = try TestServer()
    try await test.server.register(user: jid("romeo"), password: "caf\u{E9}", email: "")
    _ = try await test.server.session(user: jid("romeo"), password: "cafe\u{301}")
  }

  @Test(arguments: [
    ("romeo@other.example", ChannelError.Code.notAllowed), ("romeo@topics.example.com", .notAllowed),
    ("example.com@example.com/phone", .badRequest), ("admin@example.com", .conflict), ("Admin@example.com", .conflict),
    ("juliet@example.com", .conflict), ("JULIET@example.com", .conflict),
    ("\(String(repeating: "a", count: 129))@example.com", .badRequest),
  ])
  func `a name that can't be had is refused`(name: String, code: ChannelError.Code) async throws {
    let test = try TestServer()
    try await test.register("juliet")
    #expect(await refusal { try await test.server.register(user: jid(name), password: "x", email: "") } == code)
    #expect(
      await refusal {
        try await test.server.register(user: JID(local: nil, domain: "example.com"), password: "x", email: "")
      } == .badRequest)
  }

  @Test(arguments: ["a", "a@", "@b", "a@b@c", String(repeating: "a", count: 250) + "@b.example"])
  func `what is no e-mail address is refused`(email: String) async throws {
    let test = try TestServer()
    #expect(
      await refusal { try await test.server.register(user: jid("romeo"), password: "x", email: email) } == .badRequest)
  }

  @Test func `a closed registration is open to the operator only`() async throws {
    let test = try TestServer { $0.isRegistrationOpen = false }
    #expect(
      await refusal { try await test.server.register(user: jid("romeo"), password: "x", email: "") } == .notAllowed)
    try await test.server.addAccount(user: jid("romeo"), password: "x", email: "")
    try await test.server.addAccount(user: jid("admin"), password: "x", email: "")
    #expect(try await test.server.accounts(max: 10) == [jid("admin"), jid("romeo")])
  }

  @Test func `two who register the same name at once get one account`() async throws {
    let test = try TestServer()
    let codes = await withTaskGroup(of: ChannelError.Code?.self) { group in
      for number in 0..<8 {
        group.addTask {
          await refusal { try await test.server.register(user: jid("romeo"), password: "\(number)", email: "") }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(codes.filter { $0 == nil }.count == 1)
    #expect(codes.filter { $0 == .conflict }.count == 7)
  }

  @Test func `a wrong configuration is refused with everything that is wrong`() async throws {
    let test = try TestServer()
    var configuration = ChannelServerConfiguration(domain: "Example.com")
    configuration.topicsDomain = "exa mple"
    configuration.passwords.iterations = 100
    configuration.nodes.topicAffiliation = .owner
    configuration.nodes.personalNodes = []
    configuration.limits.maxPage = 0
    // The domain counts twice: the address of the channel server is made from it.
    #expect(configuration.validate().count == 7)
    let wrong = configuration
    #expect(throws: ChannelError.self) { try ChannelServer(store: test.store, configuration: wrong) }
    #expect(ChannelServerConfiguration().validate() == [])
  }
}
