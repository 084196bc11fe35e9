import GRIP
import NIOCore

/// One attempt to fetch a next link: what the connection side tells, handed on to the table as long as the hold waits for
/// it.
///
/// **Isolation**: its loop.
final class LinkExchange: LinkReceiver {
  private weak var table: HoldTable?
  let slot: HoldSlot
  /// As it was asked for.
  let link: String
  /// How often it has been asked before.
  let attempt: Int
  /// Whether a part of the body has come: then asking again would repeat it.
  private(set) var hasBody = false
  /// Asks for the next part of the body; kept while the client has not read the last one.
  var resume: (() -> Void)?
  var fetch: (any LinkFetch)?
  private var isOver = false

  /// An attempt that has not begun.
  init(table: HoldTable, slot: HoldSlot, link: String, attempt: Int) {
    self.table = table
    self.slot = slot
    self.link = link
    self.attempt = attempt
  }

  func bodyReceived(_ bytes: ByteBuffer, resume: @escaping () -> Void) {
    guard !isOver, let table else { return }
    hasBody = true
    table.linkBodyReceived(bytes, exchange: self, resume: resume)
  }

  func completed(_ result: Result<GRIPInstruction, LinkFailure>) {
    guard !isOver, let table else { return }
    isOver = true
    fetch = nil
    table.linkCompleted(result, exchange: self)
  }

  /// Stops it; nothing more is heard of it.
  func cancel() {
    isOver = true
    resume = nil
    fetch?.cancel()
    fetch = nil
  }

  /// A link, made absolute or a path: relative to the directory of `base`, which is a path or absolute itself.
  static func resolve(_ link: String, base: String) -> String {
    if link.hasPrefix("/") || isAbsolute(link) { return link }
    if link.isEmpty { return base }
    let path = base.prefix { $0 != "?" && $0 != "#" }
    if link.hasPrefix("?") { return path + link }
    // The slashes after the scheme are no directory.
    let authority = isAbsolute(base) ? path.dropFirst(base.lowercased().hasPrefix("https") ? 8 : 7) : path
    guard let slash = authority.lastIndex(of: "/") else { return path + "/" + link }
    return path[...slash] + link
  }

  private static func isAbsolute(_ link: String) -> Bool {
    let start = link.prefix(8).lowercased()
    return start.hasPrefix("http://") || start.hasPrefix("https://")
  }
}

@available(*, unavailable)
extension LinkExchange: Sendable {}
