import Crypto

/// The hash of a server's certificate that a login can be bound to.
///
/// **Spec**: RFC 5929 §4 (`tls-server-end-point`): the hash of the certificate's own signature, SHA-256 in the place of MD5
/// and SHA-1.
enum CertificateHash {
  /// The hash of a certificate in DER; `nil` where its signature has no hash of its own, or is of a kind that is not known.
  static func endPoint(certificate: [UInt8]) -> [UInt8]? {
    // Certificate: tbsCertificate, signatureAlgorithm, signature.
    guard let whole = element(certificate[...], tag: 0x30), let signed = element(whole.content, tag: 0x30),
      let algorithm = element(signed.rest, tag: 0x30), let identifier = element(algorithm.content, tag: 0x06)
    else { return nil }
    switch Array(identifier.content) {
    // md5, sha1 and sha256WithRSAEncryption; ecdsa-with-SHA1 and -SHA256.
    case rsa + [4], rsa + [5], rsa + [11], ecdsa + [1], ecdsa + [3, 2]: return Array(SHA256.hash(data: certificate))
    case rsa + [12], ecdsa + [3, 3]: return Array(SHA384.hash(data: certificate))
    case rsa + [13], ecdsa + [3, 4]: return Array(SHA512.hash(data: certificate))
    default: return nil
    }
  }

  /// 1.2.840.113549.1.1
  private static let rsa: [UInt8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01]
  /// 1.2.840.10045.4
  private static let ecdsa: [UInt8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04]

  private static func element(
    _ bytes: ArraySlice<UInt8>, tag: UInt8
  ) -> (content: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
    guard bytes.count >= 2, bytes.first == tag else { return nil }
    var length = Int(bytes[bytes.startIndex + 1])
    var start = bytes.startIndex + 2
    if length >= 0x80 {
      let count = length & 0x7f
      guard (1...3).contains(count), start + count <= bytes.endIndex else { return nil }
      length = bytes[start..<(start + count)].reduce(0) { $0 << 8 | Int($1) }
      start += count
    }
    guard start + length <= bytes.endIndex else { return nil }
    return (bytes[start..<(start + length)], bytes[(start + length)...])
  }
}
