package import NIOCore

/// Which addresses an untrusted target may resolve to (GRIP §4.4, and the blocks that RFC 6890 adds).
package enum AddressPolicy {
  /// Whether the address belongs to a private, loopback, link-local or otherwise special network.
  package static func isPrivate(_ address: SocketAddress) -> Bool {
    // Family and port take 4 bytes before an IPv4 address, and the flow label 4 more before an IPv6 one.
    switch address {
    case .v4(let address):
      return withUnsafeBytes(of: address.address) { isPrivateV4(Array($0.dropFirst(4).prefix(4))) }
    case .v6(let address):
      return withUnsafeBytes(of: address.address) { isPrivateV6(Array($0.dropFirst(8).prefix(16))) }
    case .unixDomainSocket:
      return true
    }
  }

  private static func isPrivateV4(_ bytes: [UInt8]) -> Bool {
    guard bytes.count == 4 else { return true }
    switch (bytes[0], bytes[1]) {
    case (0, _), (10, _), (127, _), (169, 254), (172, 16...31), (192, 168), (100, 64...127), (224...255, _): return true
    case (192, 0): return bytes[2] == 0
    case (198, 18...19): return true
    default: return false
    }
  }

  private static func isPrivateV6(_ bytes: [UInt8]) -> Bool {
    guard bytes.count == 16 else { return true }
    if bytes[0..<10].allSatisfy({ $0 == 0 }) {
      // ::, ::1, and IPv4 in its mapped and compatible forms.
      if bytes[10] == 0xFF, bytes[11] == 0xFF { return isPrivateV4(Array(bytes[12...])) }
      return true
    }
    if bytes[0] == 0x00, bytes[1] == 0x64, bytes[2] == 0xFF, bytes[3] == 0x9B {
      return isPrivateV4(Array(bytes[12...]))
    }
    return bytes[0] & 0xFE == 0xFC || (bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80) || bytes[0] == 0xFF
  }
}
