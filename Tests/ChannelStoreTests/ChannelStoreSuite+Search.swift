import Channels
import Testing
import XMPP

extension ChannelStoreSuite {
  @Test(arguments: StoreDriver.allCases)
  func `a search finds only what the viewer may read`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let nodes = AccessModel.allCases.map { NodeID(channel: JID(prepared: "\($0.rawValue)@example.com"), name: "posts") }
    let standings: [(JID, Affiliation, SubscriptionState)] = [
      (JID(prepared: "member@example.com"), .member, .subscribed),
      (JID(prepared: "pending@example.com"), .member, .pending),
      (JID(prepared: "invited@example.com"), .none, .invited),
      (JID(prepared: "outcast@example.com"), .outcast, .none),
      (JID(prepared: "stranger@example.com"), .none, .none),
    ]
    try await store.write { store in
      for (model, node) in zip(AccessModel.allCases, nodes) {
        try store.insert(node, metadata(model))
        try store.insert(entry(model.rawValue, at: 1, in: node, content: "a nightingale"), rated: nil)
        for (user, affiliation, subscription) in standings {
          try store.set(membership(user, affiliation, subscription, in: node))
        }
      }
    }
    for (user, affiliation, subscription) in standings + [(JID(prepared: "x@other.example"), .none, .none)] {
      for isLocal in [true, false] {
        let standing = Permissions.Standing(affiliation: affiliation, subscription: subscription, isLocal: isLocal)
        let readable = AccessModel.allCases.filter {
          Permissions.viewRefusal(standing, accessModel: $0) == nil
        }
        let found = try await store.read {
          try $0.searchEntries("nightingale", viewer: user, isLocal: isLocal, max: 10, offset: 0)
        }
        #expect(Set(found.entries.map(\.id)) == Set(readable.map(\.rawValue)), "\(user) \(isLocal)")
        #expect(found.count == readable.count)
      }
    }
    let anonymous = try await store.read {
      try $0.searchEntries("nightingale", viewer: nil, isLocal: false, max: 10, offset: 0).entries.map(\.id)
    }
    #expect(anonymous == ["open"])
  }

  @Test(arguments: StoreDriver.allCases)
  func `a search takes words in any order, the last begun, without regard to case and accents`(
    driver: StoreDriver
  ) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    try await store.write { store in
      try store.insert(postsNode, metadata())
      try store.insert(
        entry("1", at: 1, content: "It was the nightingale, and not the lark", title: "Morning"), rated: nil)
      try store.insert(entry("2", at: 2, content: "L\u{E4}rk \"quoted\" OR NEAR(x) 100%"), rated: nil)
    }
    for (text, ids) in [
      ("nightingale", ["1"]), ("NIGHTINGALE lark", ["1"]), ("lark", ["2", "1"]), ("night", ["1"]), ("morn", ["1"]),
      ("nightingale owl", []), ("", []), ("  ", []), ("\"", []), ("quoted\" OR", ["2"]), ("NEAR(x", ["2"]),
      ("100%", ["2"]), ("content:lark", []), ("*", []), ("-lark", ["2", "1"]), ("lark AND", ["1"]), ("a\u{0}b", []),
      ("^lark", ["2", "1"]), ("'", []), (String(repeating: "lark ", count: 100), ["2", "1"]),
    ] as [(String, [String])] {
      let found = try await store.read {
        try $0.searchEntries(text, viewer: nil, isLocal: false, max: 10, offset: 0)
      }
      #expect(found.entries.map(\.id) == ids, "\(text)")
      #expect(found.count == ids.count)
    }
    let second = try await store.read {
      try $0.searchEntries("lark", viewer: nil, isLocal: false, max: 1, offset: 1)
    }
    #expect(second.entries.map(\.id) == ["1"])
    #expect(second.count == 2)
    try await store.write { try $0.deleteEntry("1", of: postsNode) }
    let left = try await store.read {
      try $0.searchEntries("lark", viewer: nil, isLocal: false, max: 10, offset: 0).entries.map(\.id)
    }
    #expect(left == ["2"])
  }

  @Test(arguments: StoreDriver.allCases)
  func `channels are found by name, title and description, and follow changes`(driver: StoreDriver) async throws {
    let (store, directory) = try driver.make()
    defer { withExtendedLifetime(directory) {} }
    let coffee = NodeID(channel: JID(prepared: "coffee@topics.example.com"), name: "posts")
    try await store.write { store in
      try store.insert(postsNode, metadata(title: "Alice's", description: "Wonderland"))
      try store.insert(NodeID(channel: alice, name: "status"), metadata(title: "Wonderland too"))
      try store.insert(coffee, metadata(title: "Espresso", description: "and wonder"))
    }
    @Sendable func found(_ text: String) async throws -> Set<String> {
      try await store.read {
        let result = try $0.searchChannels(text, max: 10, offset: 0)
        #expect(result.count == result.channels.count)
        return Set(result.channels.map(\.channel.description))
      }
    }
    #expect(try await found("coff") == ["coffee@topics.example.com"])
    #expect(try await found("coffee@topics.example.com") == ["coffee@topics.example.com"])
    #expect(try await found("espresso") == ["coffee@topics.example.com"])
    #expect(try await found("wonder") == ["alice@example.com", "coffee@topics.example.com"])
    try await store.write { try $0.update(metadata(title: "Ristretto"), of: coffee) }
    #expect(try await found("espresso") == [])
    #expect(try await found("ristretto") == ["coffee@topics.example.com"])
    try await store.write { try $0.delete(coffee) }
    #expect(try await found("ristretto") == [])
  }
}
