import Testing

@testable import fanout

@Suite("What one connection has got")
struct DeliveryLedgerTests {
  private func counts(_ sequences: [Int], published: Int) -> DeliveryLedger.Counts {
    var ledger = DeliveryLedger(channel: 7)
    for sequence in sequences { _ = ledger.record(channel: 7, sequence: sequence) }
    return ledger.counts(published: published)
  }

  @Test func `all in order is clean`() {
    let counts = counts([1, 2, 3, 4], published: 4)
    #expect(counts.isClean)
    #expect(counts.delivered == 4)
  }

  @Test(arguments: [[2, 3, 4], [1, 2, 4], [1, 2, 3]])
  func `a message that does not come is lost, wherever it stood`(sequences: [Int]) {
    let counts = counts(sequences, published: 4)
    #expect(counts.lost == 1)
    #expect(counts.delivered == 3)
    #expect(counts.duplicated == 0 && counts.reordered == 0)
  }

  @Test func `a message that comes late is out of order and not lost`() {
    let counts = counts([1, 5, 3, 2, 4], published: 5)
    #expect(counts.lost == 0)
    #expect(counts.reordered == 3)
    #expect(counts.delivered == 5)
  }

  @Test func `a message that comes again is a duplicate, also a late one`() {
    let counts = counts([1, 1, 3, 2, 2, 3], published: 3)
    #expect(counts.duplicated == 3)
    #expect(counts.reordered == 1)
    #expect(counts.lost == 0)
    #expect(counts.delivered == 3)
  }

  @Test func `a message of another channel is misrouted and nothing else`() {
    var ledger = DeliveryLedger(channel: 1)
    let isFirst = ledger.record(channel: 2, sequence: 1)
    #expect(!isFirst)
    let counts = ledger.counts(published: 0)
    #expect(counts.misrouted == 1 && counts.delivered == 0 && counts.lost == 0)
    #expect(!counts.isClean)
  }

  @Test func `with more gaps than it remembers no message is counted that did not come`() {
    let odd = Array(stride(from: 1, through: 10_001, by: 2))
    let counts = counts(odd + [2, 10_000], published: 10_001)
    #expect(counts.delivered == odd.count + 1)
    #expect(counts.lost == 10_001 - odd.count - 1)
    #expect(counts.duplicated == 1, "the oldest gap is written off")
    #expect(counts.reordered == 1)
  }
}
