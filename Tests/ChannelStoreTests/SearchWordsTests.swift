import ChannelStoreSQLite
import Channels
import TestKit
import Testing
import XMPP

@testable import ChannelStorePostgreSQL

@Suite("PostgreSQL: words of texts and queries") struct SearchWordsTests {
  @Test(arguments: [
    ("It was the nightingale", ["it", "was", "the", "nightingale"]), ("", []), (" -*'\"\\ ", []),
    ("L\u{E4}rk CAF\u{C9} e\u{301}t\u{E9}", ["lark", "cafe", "ete"]),
    ("alice@example.com", ["alice", "example", "com"]),
    ("\u{301}a", ["a"]), ("a\u{301}\u{301}b", ["ab"]),
    ("\u{39F}\u{394}\u{39F}\u{3A3} \u{3BF}\u{3B4}\u{3BF}\u{3C2}", ["οδοσ", "οδοσ"]),
    ("\u{65E5}\u{672C}\u{8A9E}", ["日本語"]), ("x1 2y 3", ["x1", "2y", "3"]), ("a\u{1F600}b", ["a", "b"]),
  ])
  func `a text is cut into words without case and accents`(text: String, words: [String]) {
    #expect(SearchWords.words(text) == words)
  }

  @Test(
    arguments: [
      ("lark night", "'lark' & 'night':*"), ("a@b.c it's", "'a' <-> 'b' <-> 'c' & 'it' <-> 's':*"), ("", nil),
      ("'", nil),
      ("lark '", nil), ("100%", "'100':*"), ("a\\b", "'a' & 'b':*"),
    ] as [(String, String?)])
  func `a query is made of words only`(text: String, query: String?) {
    #expect(SearchWords.query(text) == query)
  }

  @Test func `an index has the places of words, and a gap between texts`() {
    #expect(SearchWords.index(["a b", "b"]) == "'a':1 'b':2 'b':4")
    #expect(SearchWords.index(["", ""]) == "")
  }

  /// What both are asked about: pieces of several scripts, signs, marks, and what looks like the languages of the indexes.
  private static let pieces = [
    "lark", "Lark", "L\u{C4}RK", "la\u{308}rk", "\u{EF}le", "\u{130}z", "\u{131}", "\u{DF}", "\u{1E9E}", "\u{F8}",
    "\u{152}", "\u{1E69}",
    "\u{1EC7}", "\u{3AC}", "\u{3A3}", "\u{3C2}", "\u{439}", "\u{438}\u{306}", "\u{5D0}\u{5B8}", "\u{627}\u{64B}",
    "\u{915}\u{94D}\u{937}",
    "\u{65E5}\u{672C}", "\u{AC00}", "\u{1112}\u{1161}\u{11AB}", "42", "\u{661}", "\u{2160}", "\u{BD}", "\u{E000}",
    "\u{1F600}",
    "-", "'", "\"", "*", "@", ".", "_", ":", "&", "|", "!", "(", ")", "<->", "\\", "AND", "OR", "NOT", "NEAR",
    "\u{301}", "\u{200D}", "\u{AD}", "\t",
  ]

  @Test func `SQLite and PostgreSQL find the same texts for the same queries`() async throws {
    let (sqlite, sqlitePlace) = try StoreDriver.sqlite.make()
    let (postgresql, postgresqlPlace) = try StoreDriver.postgresql.make()
    defer { withExtendedLifetime((sqlitePlace, postgresqlPlace)) {} }
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = Congruential(state: seed)
    func text(_ length: ClosedRange<Int>) -> String {
      (0..<Int.random(in: length, using: &generator)).map { _ in
        (Self.pieces.randomElement(using: &generator) ?? "") + (Bool.random(using: &generator) ? " " : "")
      }.joined()
    }
    let texts = (0..<250).map { _ in (title: text(0...2), content: text(0...6)) }
    let queries = Self.pieces + (0..<250).map { _ in text(1...3) }
    for store in [sqlite, postgresql] {
      try await store.write { store in
        try store.insert(postsNode, metadata())
        for (number, text) in texts.enumerated() {
          try store.insert(entry("\(number)", at: 1, content: text.content, title: text.title), rated: nil)
        }
      }
    }
    var foundCount = 0
    for query in queries {
      var found: [[String]] = []
      for store in [sqlite, postgresql] {
        found.append(
          try await store.read {
            try $0.searchEntries(query, viewer: nil, isLocal: false, max: 1000, offset: 0).entries.map(\.id)
          })
      }
      foundCount += found[0].count
      let different = Set(found[0]).symmetricDifference(found[1]).compactMap { Int($0) }.map { texts[$0] }
      #expect(found[0] == found[1], "\(query.debugDescription), seed \(seed), \(different)")
    }
    #expect(foundCount > 100)
  }

  @Test func `a very long text, a very long word and very many words are stored, and found by their beginning`()
    async throws
  {
    let (store, place) = try StoreDriver.postgresql.make()
    defer { withExtendedLifetime(place) {} }
    let many = (0..<60_000).map { "w\($0)" }.joined(separator: " ")
    let long = String(repeating: "\u{E4}", count: 100_000) + " after"
    let again = Array(repeating: "again", count: 30_000).joined(separator: " ") + " last"
    try await store.write { store in
      try store.insert(postsNode, metadata())
      for (number, text) in [many, long, again].enumerated() {
        try store.insert(entry("\(number)", at: 1, content: text), rated: nil)
      }
    }
    for (query, id) in [
      ("w17 w5000", "0"), (String(repeating: "a", count: 100), "1"), ("after", "1"), ("again last", "2"),
    ] {
      let found = try await store.read {
        try $0.searchEntries(query, viewer: nil, isLocal: false, max: 10, offset: 0).entries.map(\.id)
      }
      #expect(found == [id], "\(query.prefix(20))")
    }
  }
}

/// Numbers that a seed repeats.
private struct Congruential: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}
