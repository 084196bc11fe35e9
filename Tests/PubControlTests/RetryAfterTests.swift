import Testing

@testable import PubControl

@Suite("RFC 9110 §10.2.3 Retry-After")
struct RetryAfterTests {
  @Test(arguments: [
    ("0", 0), ("120", 120), ("  3", 3), ("99999999999999999999", 366 * 86_400),
    // 784,111,777 is Sun, 06 Nov 1994 08:49:37 GMT.
    ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Sun, 06 Nov 1994 08:50:37 GMT", 60),
    ("Sat, 05 Nov 1994 08:49:37 GMT", 0), ("Mon, 07 Nov 1994 08:49:37 GMT", 86_400),
    ("Wed, 01 Mar 1995 00:00:00 GMT", 794_016_000 - 784_111_777),
  ])
  func `a number of seconds and a date are understood`(text: String, seconds: Int) {
    #expect(RetryAfter.wait(text, now: 784_111_777) == .seconds(seconds))
  }

  @Test func `leap days and ends of years are where the calendar has them`() {
    for (text, moment) in [
      ("Thu, 01 Jan 1970 00:00:10 GMT", 10), ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
      ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800), ("Fri, 31 Dec 2027 23:59:59 GMT", 1_830_297_599),
      ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
    ] as [(String, Int64)] {
      #expect(RetryAfter.wait(text, now: moment - 5) == .seconds(5), "\(text)")
    }
  }

  @Test(arguments: [
    "", " ", "-1", "+1", "1.5", "1 2", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
    "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
  ])
  func `anything else says nothing`(text: String) {
    #expect(RetryAfter.wait(text, now: 784_111_777) == nil)
  }
}
