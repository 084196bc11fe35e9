package import NIOCore

/// The header of the PROXY protocol, version 1 or 2, that a proxy in front puts before a connection's first byte.
///
/// Strict: a connection whose beginning is no such header is refused. Only the client's address is taken; TLVs are skipped.
/// **Spec**: HAProxy's proxy-protocol.txt, 2020/03/05, §2.
package enum ProxyHeader {
  /// What a beginning says.
  package enum Reading: Sendable, Hashable {
    /// Too little to tell.
    case needsMore
    /// A whole header of so many bytes. `peer` is `nil` where it gives no address (`UNKNOWN`, `LOCAL`, other families):
    /// then the address of the connection stays.
    case header(peer: String?, length: Int)
    /// No header; what is wrong.
    case malformed(String)
  }

  /// Bytes of a version 1 header, CR LF included (§2.1).
  package static let maxVersion1Bytes = 107
  /// Bytes of addresses and TLVs of a version 2 header. LIMIT: the format allows 65,535.
  package static let maxVersion2Bytes = 4096

  private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
  private static let word = Array("PROXY ".utf8)

  /// Reads the beginning of a connection. Takes nothing.
  package static func read(_ bytes: ByteBufferView) -> Reading {
    if begins(bytes, with: signature) { return bytes.count < 16 ? .needsMore : readVersion2(bytes) }
    if begins(bytes, with: word) { return readVersion1(bytes) }
    return .malformed("the connection does not begin with a PROXY protocol header")
  }

  /// Whether the bytes, as far as there are any, are those of the beginning.
  private static func begins(_ bytes: ByteBufferView, with beginning: [UInt8]) -> Bool {
    bytes.prefix(beginning.count).elementsEqual(beginning.prefix(bytes.count))
  }

  // MARK: Version 1

  private static func readVersion1(_ bytes: ByteBufferView) -> Reading {
    let line = bytes.prefix(maxVersion1Bytes)
    guard let end = line.firstIndex(of: 0x0D), end + 1 < line.endIndex else {
      return bytes.count >= maxVersion1Bytes
        ? .malformed("the PROXY line is over \(maxVersion1Bytes) bytes") : .needsMore
    }
    guard line[end + 1] == 0x0A else { return .malformed("the PROXY line does not end in CR LF") }
    let length = end + 2 - bytes.startIndex
    let parts = line[..<end].split(separator: 0x20, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard parts.count >= 2 else { return .malformed("the PROXY line names no protocol") }
    // What follows UNKNOWN must be ignored (§2.1).
    if parts[1] == "UNKNOWN" { return .header(peer: nil, length: length) }
    guard parts[1] == "TCP4" || parts[1] == "TCP6" else {
      return .malformed("the protocol of the PROXY line is none of TCP4, TCP6 and UNKNOWN")
    }
    let isV6 = parts[1] == "TCP6"
    guard parts.count == 6, let source = address(parts[2], isV6: isV6), address(parts[3], isV6: isV6) != nil,
      isPort(parts[4]), isPort(parts[5])
    else { return .malformed("the PROXY line is not: protocol, two addresses, two ports") }
    return .header(peer: source, length: length)
  }

  private static func address(_ text: String, isV6: Bool) -> String? {
    guard text.allSatisfy({ $0.isHexDigit || $0 == "." || $0 == ":" }),
      let address = try? SocketAddress(ipAddress: text, port: 0)
    else { return nil }
    switch (address, isV6) {
    case (.v4, false), (.v6, true): return address.ipAddress
    default: return nil
    }
  }

  private static func isPort(_ text: String) -> Bool {
    guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
    return (text == "0" || !text.hasPrefix("0")) && Int(text).map { $0 <= 65_535 } ?? false
  }

  // MARK: Version 2

  private static func readVersion2(_ bytes: ByteBufferView) -> Reading {
    let start = bytes.startIndex
    let (command, family) = (bytes[start + 12], bytes[start + 13])
    let size = Int(bytes[start + 14]) << 8 | Int(bytes[start + 15])
    guard command >> 4 == 2, command & 0x0F <= 1 else {
      return .malformed("the PROXY header is neither PROXY nor LOCAL of version 2")
    }
    guard size <= maxVersion2Bytes else {
      return .malformed("the PROXY header is over \(maxVersion2Bytes) bytes")
    }
    guard bytes.count >= 16 + size else { return .needsMore }
    let length = 16 + size
    if command & 0x0F == 0 { return .header(peer: nil, length: length) }
    let addressBytes: Int
    switch family {
    case 0x11, 0x12: addressBytes = 4
    case 0x21, 0x22: addressBytes = 16
    case 0x00, 0x31, 0x32: return .header(peer: nil, length: length)
    default: return .malformed("the PROXY header has an unknown family or protocol")
    }
    guard size >= addressBytes * 2 + 4 else { return .malformed("the PROXY header is too short for its addresses") }
    let packed = ByteBuffer(bytes: bytes[(start + 16)..<(start + 16 + addressBytes)])
    guard let peer = try? SocketAddress(packedIPAddress: packed, port: 0).ipAddress else {
      return .malformed("the PROXY header has no readable address")
    }
    return .header(peer: peer, length: length)
  }
}
