/// The encodings of an Atom resource.
enum AtomEncoding: Sendable, Hashable {
  case atom
  case json

  /// What a request with this `Accept` gets: Atom where it admits Atom (also when absent), else JSON, else `nil` (406). The server's
  /// preference counts, not the client's weights (buddycloud-http-api.md §2.3).
  static func negotiate(accept: String?) -> AtomEncoding? {
    let ranges = MediaRanges(accept)
    if ranges.admit("application/atom+xml") { return .atom }
    if ranges.admit("application/json") { return .json }
    return nil
  }
}

/// What an `Accept` field admits.
///
/// **Spec**: RFC 9110 §12.5.1. The most specific range decides; `q=0` refuses.
struct MediaRanges: Sendable {
  private var ranges: [(type: Substring, subtype: Substring, isRefused: Bool)] = []
  /// Whether there was no field, which admits everything.
  private let isAbsent: Bool

  /// Reads a field; parts that are no media ranges are passed over.
  init(_ accept: String?) {
    isAbsent = accept?.allSatisfy { $0 == " " } ?? true
    for part in (accept ?? "").lowercased().split(separator: ",") {
      let pieces = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      let names = (pieces.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
      guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty else { continue }
      let weight = pieces.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 }
      ranges.append((names[0], names[1], weight == 0))
    }
  }

  /// Whether a type such as `application/json` is wanted.
  func admit(_ mediaType: String) -> Bool {
    if isAbsent { return true }
    let names = mediaType.split(separator: "/")
    let candidates = ranges.compactMap { range -> (rank: Int, isRefused: Bool)? in
      if range.type == names[0], range.subtype == names[1] { return (2, range.isRefused) }
      if range.type == names[0], range.subtype == "*" { return (1, range.isRefused) }
      if range.type == "*", range.subtype == "*" { return (0, range.isRefused) }
      return nil
    }
    guard let best = candidates.max(by: { $0.rank < $1.rank }) else { return false }
    return !best.isRefused
  }

  /// Whether a type is named, not merely admitted by a wildcard.
  func name(_ mediaType: String) -> Bool {
    let names = mediaType.split(separator: "/")
    return ranges.contains { $0.type == names[0] && $0.subtype == names[1] && !$0.isRefused }
  }
}
