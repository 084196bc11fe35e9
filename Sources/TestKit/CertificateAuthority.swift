import Foundation

/// A certificate authority of a test's own, made with openssl: what it signs is believed by whoever is given `rootFile`.
package final class CertificateAuthority: Sendable {
  /// The root certificate, PEM.
  package var rootFile: String { folder.file("ca.pem") }
  private let folder: TemporaryFolder

  /// Makes the authority.
  package init() throws {
    folder = try TemporaryFolder()
    try Command.run(
      "openssl",
      Self.newKey(folder.file("ca.key")) + [
        "-x509", "-out", folder.file("ca.pem"), "-days", "30", "-subj", "/CN=authority of a test",
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
      ])
  }

  /// Writes `<file>.crt` and `<file>.key` for names; without a name the certificate has a common name only.
  ///
  /// - Parameters:
  ///   - names: DNS names, which may be wildcards, and addresses.
  ///   - commonName: what the subject says, which decides nothing.
  ///   - file: the path without its ending.
  ///   - days: how long it is valid; negative makes one that has expired.
  package func issue(for names: [String], commonName: String? = nil, file: String, days: Int = 30) throws {
    let alternatives = names.map { ($0.contains { !"0123456789.:".contains($0) } ? "DNS:" : "IP:") + $0 }
    var extensions = "basicConstraints=CA:FALSE\n"
    if !alternatives.isEmpty { extensions += "subjectAltName=\(alternatives.joined(separator: ","))\n" }
    let name = UUID().uuidString
    let extensionFile = try folder.write("\(name).ext", extensions)
    try Command.run(
      "openssl",
      Self.newKey("\(file).key") + [
        "-out", folder.file("\(name).csr"), "-subj", "/CN=\(commonName ?? names.first ?? "nobody")",
      ])
    let now = Date()
    func text(_ date: Date) -> String {
      let format = DateFormatter()
      (format.locale, format.timeZone) = (Locale(identifier: "en_US_POSIX"), TimeZone(identifier: "UTC"))
      format.dateFormat = "yyyyMMddHHmmss'Z'"
      return format.string(from: date)
    }
    // Only `openssl ca` can make a certificate whose time is over.
    try folder.write("\(name).index", "")
    let settings = try folder.write(
      "\(name).cnf",
      """
      [ca]
      default_ca = own
      [own]
      database = \(folder.file("\(name).index"))
      new_certs_dir = \(folder.path)
      rand_serial = yes
      default_md = sha256
      policy = any
      [any]
      commonName = supplied

      """)
    try Command.run(
      "openssl",
      [
        "ca", "-batch", "-notext", "-config", settings, "-cert", rootFile, "-keyfile", folder.file("ca.key"),
        "-in", folder.file("\(name).csr"), "-out", "\(file).crt", "-extfile", extensionFile,
        "-startdate", text(now.addingTimeInterval(-86_400 * 60)),
        "-enddate", text(now.addingTimeInterval(86_400 * Double(days))),
      ])
  }

  private static func newKey(_ file: String) -> [String] {
    ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file]
  }
}
