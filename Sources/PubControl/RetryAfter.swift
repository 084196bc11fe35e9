/// When an endpoint wants to be asked again.
///
/// **Shape**: a number of seconds, or a date such as `Sun, 06 Nov 1994 08:49:37 GMT`. **Spec**: RFC 9110 §10.2.3, §5.6.7.
enum RetryAfter {
  /// The longest time that is understood: a year.
  private static let longest: Int64 = 366 * 86_400

  /// The time until then, zero for what has passed; `nil` for what cannot be read.
  ///
  /// - Parameter now: seconds since 1970.
  static func wait(_ text: String, now: Int64) -> Duration? {
    let text = text.drop { $0 == " " }
    guard let first = text.utf8.first else { return nil }
    if (0x30...0x39).contains(first) {
      guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      return .seconds(min(Int64(text) ?? longest, longest))
    }
    guard let moment = date(text) else { return nil }
    return .seconds(min(max(0, moment - now), longest))
  }

  /// Seconds since 1970 of an IMF-fixdate; the two older forms are not sent any more (§5.6.7).
  private static func date(_ text: Substring) -> Int64? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0].utf8.count == 4, parts[0].last == ",", parts[5] == "GMT",
      let day = number(parts[1], digits: 2, 1...31), let month = months.firstIndex(of: String(parts[2])),
      let year = number(parts[3], digits: 4, 1970...9999)
    else { return nil }
    let time = parts[4].split(separator: ":", omittingEmptySubsequences: false)
    guard time.count == 3, let hour = number(time[0], digits: 2, 0...23),
      let minute = number(time[1], digits: 2, 0...59), let second = number(time[2], digits: 2, 0...60)
    else { return nil }
    return days(year: year, month: Int64(month + 1), day: day) * 86_400 + hour * 3600 + minute * 60 + second
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func number(_ text: Substring, digits: Int, _ range: ClosedRange<Int64>) -> Int64? {
    guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text),
      range.contains(number)
    else { return nil }
    return number
  }

  /// Days since 1970 of a day of the Gregorian calendar, with years that begin in March, so that the leap day is their last.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
  }
}
