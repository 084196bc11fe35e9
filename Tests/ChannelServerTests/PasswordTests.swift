import Channels
import Dispatch
import Testing
import XMPP

@testable import ChannelServer

@Suite("Passwords") struct PasswordTests {
  @Test func `the stored keys are those of RFC 7677's example`() throws {
    // RFC 7677 §3: user "user", password "pencil", 4096 rounds.
    let salt: [UInt8] = [
      0x5B, 0x6D, 0x99, 0x68, 0x9D, 0x12, 0x35, 0x8E, 0xEC, 0xA0, 0x4B, 0x14, 0x12, 0x36, 0xFA, 0x81,
    ]
    let credentials = try #require(
      Account.Credentials.derived(from: "pencil", salt: salt, iterations: 4096))
    #expect(hexadecimal(credentials.storedKey) == "586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6")
    // With it the server signs as the example shows.
    #expect(hexadecimal(credentials.serverKey) == "c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5")
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test func `an unknown user costs the same computation as a known one, a proven password none`() async throws {
    let test = try TestServer()
    try await test.register("romeo")
    let before = test.server.hashing.acceptedCount
    _ = await refusal { try await test.server.session(user: jid("nobody"), password: "x") }
    #expect(test.server.hashing.acceptedCount == before + 1)
    _ = await refusal { try await test.server.session(user: jid("romeo"), password: "x") }
    #expect(test.server.hashing.acceptedCount == before + 2)
    _ = await refusal { try await test.server.session(user: jid("romeo"), password: "") }
    #expect(test.server.hashing.acceptedCount == before + 3)
    for _ in 0..<3 { _ = try await test.server.session(user: jid("romeo"), password: "secret of romeo") }
    #expect(test.server.hashing.acceptedCount == before + 4)
    // A wrong password is no proof, however often it is tried.
    for _ in 0..<2 { _ = await refusal { try await test.server.session(user: jid("romeo"), password: "x") } }
    #expect(test.server.hashing.acceptedCount == before + 6)
  }

  @Test func `a proof ends with its lifetime`() async throws {
    let test = try TestServer { $0.passwords.cacheLifetime = .seconds(60) }
    try await test.register("romeo")
    let before = test.server.hashing.acceptedCount
    _ = try await test.server.session(user: jid("romeo"), password: "secret of romeo")
    test.clock.advance(by: .seconds(59))
    _ = try await test.server.session(user: jid("romeo"), password: "secret of romeo")
    #expect(test.server.hashing.acceptedCount == before + 1)
    test.clock.advance(by: .seconds(1))
    _ = try await test.server.session(user: jid("romeo"), password: "secret of romeo")
    #expect(test.server.hashing.acceptedCount == before + 2)
  }

  @Test func `proofs are bounded, and a proof is of one user, password and stored key`() throws {
    let cache = CredentialCache(key: [1], maxEntries: 2, lifetime: .seconds(10))
    let romeo = try jid("romeo")
    let credentials = Account.Credentials(salt: [], iterations: 1, storedKey: [1], serverKey: [])
    let changed = Account.Credentials(salt: [], iterations: 1, storedKey: [2], serverKey: [])
    cache.insert(user: romeo, password: "a", for: credentials, at: .zero)
    #expect(cache.contains(user: romeo, password: "a", for: credentials, at: .seconds(9)))
    #expect(!cache.contains(user: romeo, password: "b", for: credentials, at: .zero))
    #expect(!cache.contains(user: try jid("juliet"), password: "a", for: credentials, at: .zero))
    #expect(!cache.contains(user: romeo, password: "a", for: changed, at: .zero))
    #expect(!cache.contains(user: romeo, password: "a", for: credentials, at: .zero))
    for number in 0..<10 { cache.insert(user: romeo, password: "\(number)", for: credentials, at: .zero) }
    #expect(cache.count <= 2)
    let none = CredentialCache(key: [1], maxEntries: 0, lifetime: .seconds(10))
    none.insert(user: romeo, password: "a", for: credentials, at: .zero)
    #expect(none.count == 0)
  }

  @Test func `work beyond the bound is refused, and what was taken is done`() async throws {
    let pool = WorkPool("test", maxRunning: 1, maxWaiting: 1)
    let (isRunning, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    async let first = pool.run {
      isRunning.signal()
      mayEnd.wait()
      return 1
    }
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        isRunning.wait()
        continuation.resume()
      }
    }
    let codes = await withTaskGroup(of: ChannelError.Code?.self) { group in
      for _ in 0..<2 { group.addTask { await refusal { try await pool.run { 2 } } } }
      let refused = await group.next() ?? nil
      mayEnd.signal()
      return [refused, await group.next() ?? nil]
    }
    #expect(try await first == 1)
    #expect(codes == [.resourceConstraint, nil])
    #expect(pool.acceptedCount == 2)
  }

  @Test func `a listener that is gone is forgotten`() async {
    let signal = CommitSignal()
    do {
      let stream = signal.stream()
      #expect(signal.listenerCount == 1)
      withExtendedLifetime(stream) {}
    }
    #expect(signal.listenerCount == 0)
    let stream = signal.stream()
    for sequence in [3, 5, 4] as [Int64] { signal.send(sequence) }
    var iterator = stream.makeAsyncIterator()
    #expect(await iterator.next() == 5)
  }
}
