/// The filter `build-id`: writes ids into content, `%I` the default id, `%(text)I` a text.
///
/// **Spec**: GRIP proxy §13.4.
struct BuildID {
  private let format: String?
  private let encoding: String?
  /// Gives the ids that the default id is made of, by channel; `nil` where there are none.
  private let ids: [String: String]

  /// - Parameters:
  ///   - meta: the connection's, with `id_format` and `id_encoding`.
  ///   - ids: of the channels, as the origin names them; those without an id are left out.
  init(meta: [String: String], ids: [String: String]) {
    format = meta["id_format"]
    encoding = meta["id_encoding"]
    self.ids = ids
  }

  /// The bytes of a directive in content.
  func directive(_ letter: UInt8, _ argument: String?) throws(FilterError) -> [UInt8] {
    guard letter == UInt8(ascii: "I") else { throw FilterError("build-id: the only directive in content is I") }
    guard let argument else { return try encoded(try defaultID()) }
    return try encoded(Array(argument.utf8))
  }

  /// The default id, not encoded.
  private func defaultID() throws(FilterError) -> [UInt8] {
    guard let format else { throw FilterError("build-id: there is no id_format") }
    var reader = FormatReader()
    var output: [UInt8] = []
    try reader.read(format.utf8, into: &output) { (letter, argument) throws(FilterError) in
      guard letter == UInt8(ascii: "s"), let argument else {
        throw FilterError("build-id: the only directive in id_format is %(channel)s")
      }
      guard let id = ids[argument] else { throw FilterError("build-id: there is no id of channel '\(argument)'") }
      return Array(id.utf8)
    }
    try reader.end()
    return output
  }

  private func encoded(_ bytes: [UInt8]) throws(FilterError) -> [UInt8] {
    switch encoding {
    case nil, "": return bytes
    case "hex":
      let digits = Array("0123456789abcdef".utf8)
      return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    default: throw FilterError("build-id: id_encoding must be hex")
    }
  }
}
