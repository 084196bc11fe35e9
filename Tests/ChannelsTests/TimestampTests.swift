import Channels
import Testing

@Suite("RFC 3339 moments") struct TimestampTests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2013-05-13T20:17:56.537Z", 1_368_476_276_537),
      ("2013-05-13T22:17:56.537+02:00", 1_368_476_276_537), ("2013-05-13T12:47:56.537-07:30", 1_368_476_276_537),
      ("2013-05-13t20:17:56.5z", 1_368_476_276_500), ("2013-05-13 20:17:56.5379999Z", 1_368_476_276_537),
      ("2000-02-29T23:59:59Z", 951_868_799_000), ("1969-12-31T23:59:59.999Z", -1),
      ("2016-12-31T23:59:60Z", 1_483_228_800_000), ("0000-01-01T00:00:00Z", -62_167_219_200_000),
      ("9999-12-31T23:59:59.999Z", 253_402_300_799_999), ("2024-02-29T00:00:00-00:00", 1_709_164_800_000),
    ] as [(String, Int64)])
  func `a moment is read`(text: String, milliseconds: Int64) throws {
    #expect(Timestamp(text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    "", "2013", "2013-05-13", "2013-05-13T20:17:56", "2013-5-13T20:17:56Z", "2013-13-01T00:00:00Z",
    "2013-00-01T00:00:00Z", "2013-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2013-04-31T00:00:00Z",
    "2013-05-00T00:00:00Z", "2013-05-13T24:00:00Z", "2013-05-13T20:60:00Z", "2013-05-13T20:17:61Z",
    "2013-05-13T20:17:56.Z", "2013-05-13T20:17:56.537", "2013-05-13T20:17:56+2:00", "2013-05-13T20:17:56+24:00",
    "2013-05-13T20:17:56+02:60", "2013-05-13T20:17:56+0200", "2013-05-13T20:17:56ZZ", " 2013-05-13T20:17:56Z",
    "-013-05-13T20:17:56Z", "2013-05-13T20:17:56.\(String(repeating: "1", count: 60))Z", "\u{661}013-05-13T20:17:56Z",
  ])
  func `what is no moment is not read`(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test func `a moment is written with milliseconds in UTC, and reads back, over ten thousand years`() {
    #expect(Timestamp(milliseconds: 1_368_476_276_537).description == "2013-05-13T20:17:56.537Z")
    #expect(Timestamp(milliseconds: -1).description == "1969-12-31T23:59:59.999Z")
    for day in stride(from: Int64(-719_528), to: 2_932_897, by: 97) {
      let moment = Timestamp(milliseconds: day * 86_400_000 + 12_345)
      if Timestamp(moment.description) != moment {
        Issue.record("\(moment) does not read back")
        return
      }
    }
  }

  @Test func `earlier is less`() {
    #expect(Timestamp(milliseconds: 1) < Timestamp(milliseconds: 2))
  }
}
