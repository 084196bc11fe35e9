import Channels
import Crypto
import Foundation
import XMPP

extension EventQueue {
  /// The name of the queue's GRIP channel, without the `-json` or `-atom` at its end.
  ///
  /// **Shape**: `np-anonymous@DOMAIN`, `np-JID`, `np-node-CHANNEL.NAME`, `np-JID-node-CHANNEL.NAME`; ASCII, at most 200 bytes.
  /// **Why** the escapes: names decide who hears what, so no two queues may share one, whatever users call themselves. Bytes
  /// other than letters, digits and `@ . _ + ~ -` are percent-encoded (which also keeps names safe in header fields), and so is
  /// what could be mistaken for the fixed parts: a user named `anonymous`, `node-…` or `access-…`, a `.` in a node's name, `-node-` in a
  /// domain. Names that would be longer are replaced by their SHA-256.
  func gripChannelBase(domain: String) -> String {
    let name =
      switch self {
      case .anonymous: "anonymous@\(Self.escape(domain))"
      case .user(let jid): Self.part(of: jid)
      case .node(let node): "node-\(Self.part(of: node))"
      case .member(let jid, let node): "\(Self.part(of: jid))-node-\(Self.part(of: node))"
      // `%-` begins no escape, so no other name looks like this. Nothing is published there.
      case .notices, .remote, .control: "%-\(Self.escape(key))"
      }
    return Self.shortened(name)
  }

  /// Whether clients hear the queue.
  var isForClients: Bool {
    switch self {
    case .anonymous, .user, .node, .member: true
    case .notices, .remote, .control: false
    }
  }

  /// The name of the GRIP channel on which a user's holds hear that they have to ask again whether they may.
  ///
  /// **Shape**: `np-access-JID`.
  static func accessChannel(of user: JID) -> String {
    shortened("access-\(part(of: user))")
  }

  private static func shortened(_ name: String) -> String {
    guard name.utf8.count > 190 else { return "np-\(name)" }
    let digest = SHA256.hash(data: Data(name.utf8))
    // `%%` begins no escape, so no other name looks like this.
    return "np-%%" + digest.map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
  }

  private static func part(of jid: JID) -> String {
    var local = escape(jid.local ?? "")
    if local == "anonymous" || local.hasPrefix("node-") || local.hasPrefix("access-"), let first = local.utf8.first {
      local = "%\(String(first, radix: 16).uppercased())\(local.dropFirst())"
    }
    let domain = escape(jid.domain).replacing("-node-", with: "%2Dnode-")
    return "\(local)@\(domain)"
  }

  private static func part(of node: NodeID) -> String {
    let name = escape(node.name).replacing(".", with: "%2E").replacing("@", with: "%40")
    return "\(escape(node.channel.description)).\(name)"
  }

  private static func escape(_ text: String) -> String {
    let kept = Set("@._+~-".utf8)
    return text.utf8.map { byte in
      let isKept =
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || kept.contains(byte)
      if isKept { return String(Unicode.Scalar(byte)) }
      return "%" + String(UInt16(byte) + 256, radix: 16, uppercase: true).dropFirst()
    }.joined()
  }
}
