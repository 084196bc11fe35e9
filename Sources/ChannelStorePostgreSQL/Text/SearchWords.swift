/// Texts as the full-text index takes them, and queries: words without case and accents, found alike in every store, whatever
/// language the database is set to and whichever extensions it has.
///
/// **Shape**: what SQLite's tokenizer `unicode61 remove_diacritics 2` makes of a text: a word is a run of letters, numbers and
/// private characters; accents above a letter belong to it and are dropped.
enum SearchWords {
  /// LIMIT: words of a query beyond these are ignored.
  static let maxTerms = 16
  /// LIMIT: the first so many bytes of a word count, as PostgreSQL has no longer ones.
  private static let maxWordBytes = 2000
  /// LIMIT: what is beyond so many bytes of words is not found; PostgreSQL's index of one text is less than 1 MiB.
  private static let maxIndexBytes = 500_000
  /// PostgreSQL numbers no word higher.
  private static let maxPosition = 16_383

  /// The words of a text, in order.
  static func words(_ text: some StringProtocol) -> [String] {
    var words: [String] = []
    var word = ""
    for scalar in text.unicodeScalars {
      if let letter = Letter.folded(scalar) {
        word.unicodeScalars.append(letter)
      } else if word.isEmpty || !Letter.isAccent(scalar) {
        if !word.isEmpty { words.append(cut(word)) }
        word = ""
      }
    }
    if !word.isEmpty { words.append(cut(word)) }
    return words
  }

  private static func cut(_ word: String) -> String {
    if word.utf8.count <= maxWordBytes { return word }
    var bytes = 0
    return String(
      String.UnicodeScalarView(
        word.unicodeScalars.prefix { scalar in
          bytes += UTF8.width(scalar)
          return bytes <= maxWordBytes
        }))
  }

  /// The words of several texts with their places, as PostgreSQL writes a `tsvector`. No phrase goes from one text into the
  /// next.
  static func index(_ texts: [String]) -> String {
    var (position, bytes) = (0, 0)
    var parts: [String] = []
    for text in texts {
      for word in words(text) {
        position += 1
        bytes += word.utf8.count + 8
        if bytes > maxIndexBytes { return parts.joined(separator: " ") }
        parts.append("'\(word)':\(min(position, maxPosition))")
      }
      position += 1
    }
    return parts.joined(separator: " ")
  }

  /// A query from what people type, as PostgreSQL writes a `tsquery`: every word has to be there, the last may be begun only;
  /// what is joined by signs of addresses and names (`a@b.example`, `it's`) has to be there in this order. `nil` where nothing
  /// can be found.
  static func query(_ text: String) -> String? {
    let terms = text.split { !($0.isLetter || $0.isNumber || "'@.-_".contains($0)) }.prefix(maxTerms)
    let phrases = terms.map { words($0).map { "'\($0)'" } }
    guard !phrases.isEmpty, phrases.allSatisfy({ !$0.isEmpty }) else { return nil }
    return phrases.map { $0.joined(separator: " <-> ") }.joined(separator: " & ") + ":*"
  }
}
