/// The web client's files, built into the executable: no folder to ship and no step to build it.
package enum WebClient {
  /// One file, as a server sends it.
  package struct File: Sendable {
    /// The path in a URL, such as `/js/main.js`; the page itself is `/index.html`.
    package let path: String
    /// With its charset where it is text.
    package let contentType: String
    package let bytes: [UInt8]
    /// A strong entity tag with its quotes, which changes when a byte changes (RFC 9110 §8.8.3).
    package let etag: String
  }

  /// The page, which also answers for every path that belongs to none of the files: addresses such as
  /// `/alice@example.com` are read in the browser.
  package static let page = "/index.html"

  /// What the page may load and run; to be sent with every file, so that no mistake in it can run a stranger's text.
  /// The page's own `<meta>` says the same, but for `frame-ancestors`, which only counts in a header.
  package static let contentSecurityPolicy = """
    default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'
    """

  /// All files, sorted by path.
  package static let files: [File] = contents.map { path, bytes in
    File(path: path, contentType: contentType(of: path), bytes: bytes, etag: entityTag(of: bytes))
  }.sorted { $0.path < $1.path }

  private static let filesByPath = Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0) })

  /// The file at a path of a URL (percent-decoded, without query). `/` is the page.
  /// - Returns: `nil` where there is none: nothing outside the list can be reached, whatever the path says.
  package static func file(at path: String) -> File? {
    filesByPath[path == "/" ? page : path]
  }

  private static func contentType(of path: String) -> String {
    switch path.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    default: "application/octet-stream"
    }
  }

  /// FNV-1a, 64 bits: tells versions of a file apart; nothing secret hangs on it.
  private static func entityTag(of bytes: [UInt8]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    let digits = String(hash, radix: 16)
    return "\"" + String(repeating: "0", count: 16 - digits.count) + digits + "\""
  }
}
