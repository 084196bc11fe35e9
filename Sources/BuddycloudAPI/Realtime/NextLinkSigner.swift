import Channels
import Crypto
import Foundation
import XMPP

/// Signs the links by which a proxy continues a stream: it asks without the client's credentials, so the link itself says whose
/// queue it is.
///
/// **Shape**: base64url of `kind LF jid LF node LF viewer LF expiry`, a dot, base64url of its HMAC-SHA256. Valid only from a proxy that we know.
struct NextLinkSigner: Sendable {
  private let key: SymmetricKey

  /// A signer.
  init(key: [UInt8]) {
    self.key = SymmetricKey(data: key)
  }

  /// A token for a queue that is good until `expires` (seconds since 1970), and for as long as `viewer` may hear the queue.
  func sign(_ queue: EventQueue, viewer: JID? = nil, expires: Int64) -> String {
    let fields: [String] =
      switch queue {
      case .anonymous: ["a", "", ""]
      case .node(let node): ["n", "", node.path]
      case .user(let jid): ["u", jid.description, ""]
      case .member(let jid, let node): ["m", jid.description, node.path]
      // Nobody may hear them, so their tokens are none.
      case .notices, .remote, .control: ["", "", ""]
      }
    let payload = Data((fields + [viewer?.description ?? "", String(expires)]).joined(separator: "\n").utf8)
    let code = HMAC<SHA256>.authenticationCode(for: payload, using: key)
    return "\(Self.encode(payload)).\(Self.encode(Data(code)))"
  }

  /// What a token says; `nil` for one that we did not sign.
  func verify(_ token: String) -> (queue: EventQueue, viewer: JID?, expires: Int64)? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let payload = Self.decode(parts[0]), let code = Self.decode(parts[1]),
      HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: payload, using: key)
    else { return nil }
    let fields = String(decoding: payload, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    guard fields.count == 5, let expires = Int64(fields[4]) else { return nil }
    let viewer = fields[3].isEmpty ? nil : try? JID(String(fields[3]))
    let jid = try? JID(String(fields[1]))
    let node = try? APICall.node(path: String(fields[2]))
    switch (fields[0], jid, node) {
    case ("a", _, _): return (.anonymous, viewer, expires)
    case ("n", _, let node?): return (.node(node), viewer, expires)
    case ("u", let jid?, _): return (.user(jid), viewer, expires)
    case ("m", let jid?, let node?): return (.member(jid, node), viewer, expires)
    default: return nil
    }
  }

  private static func encode(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  private static func decode(_ text: Substring) -> Data? {
    guard text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") }) else { return nil }
    var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
    while base64.utf8.count % 4 != 0 { base64.append("=") }
    return Data(base64Encoded: String(base64))
  }
}
