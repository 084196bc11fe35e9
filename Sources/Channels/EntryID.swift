/// The three forms of an entry's id.
///
/// **Shape**: local, `5e0a4c2e-0a3b-4a55-8f0e-33a7a4a9b7d1`; two-part, `/user/alice@example.com/posts,LOCAL`; tag,
/// `tag:channels.example.com,/user/alice@example.com/posts,LOCAL`.
/// **Spec**: buddycloud-http-api §3.1, channel-server §6.
package enum EntryID {
  /// The local id in any of the forms: what stands after the last comma.
  package static func local(in text: String) -> String {
    guard let comma = text.lastIndex(of: ",") else { return text }
    return String(text[text.index(after: comma)...])
  }

  /// The local id, if the form names no node or this one; `nil` where it names another.
  package static func local(in text: String, of node: NodeID) -> String? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count > 1 else { return text }
    return parts[parts.count - 2] == node.description ? String(parts[parts.count - 1]) : nil
  }

  /// The tag form.
  /// - Parameter authority: The address of the channel server.
  package static func tag(_ local: String, node: NodeID, authority: String) -> String {
    "tag:\(authority),\(node),\(local)"
  }

  /// The two-part form.
  package static func twoPart(_ local: String, node: NodeID) -> String {
    "\(node),\(local)"
  }

  /// A new local id, a version 4 UUID.
  /// - Parameter bytes: 16 random bytes; missing ones count as zero.
  package static func make(from bytes: [UInt8]) -> String {
    var bytes = Array(bytes.prefix(16)) + Array(repeating: 0, count: max(0, 16 - bytes.count))
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = Array("0123456789abcdef")
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append("-") }
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 0x0F)])
    }
    return text
  }
}
