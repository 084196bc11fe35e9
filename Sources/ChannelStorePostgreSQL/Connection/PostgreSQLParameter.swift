import Channels
import CPostgreSQL

/// A value for a statement, in the server's binary form.
struct PostgreSQLParameter {
  /// The number of its type in `pg_type`.
  let type: Oid
  /// `nil` for SQL's `NULL`.
  let bytes: [UInt8]?

  private init(_ type: Oid, _ bytes: [UInt8]?) {
    self.type = type
    self.bytes = bytes
  }

  private static let (boolOID, byteaOID, int8OID, textOID): (Oid, Oid, Oid, Oid) = (16, 17, 20, 25)
  private static let (textArrayOID, int8ArrayOID): (Oid, Oid) = (1009, 1016)

  static func bool(_ value: Bool) -> Self { Self(boolOID, [value ? 1 : 0]) }
  static func bytes(_ value: [UInt8]) -> Self { Self(byteaOID, value) }
  static func integer(_ value: some BinaryInteger) -> Self { Self(int8OID, bigEndian(Int64(value))) }
  static func integer(_ value: Int64?) -> Self { Self(int8OID, value.map(bigEndian)) }
  static func text(_ value: String?) -> Self { Self(textOID, value.map { Array($0.utf8) }) }

  static func texts(_ values: [String?]) -> Self {
    Self(textArrayOID, array(of: textOID, values.map { $0.map { Array($0.utf8) } }))
  }

  static func integers(_ values: [Int64]) -> Self {
    Self(int8ArrayOID, array(of: int8OID, values.map(bigEndian)))
  }

  /// Whether it holds the one character that the server's texts can't.
  var hasNUL: Bool {
    type == Self.textOID && bytes?.contains(0) == true
  }

  /// One dimension, counted from 1: number of dimensions, whether there are nulls, type, length, lower bound, then each
  /// element with its length before it.
  private static func array(of element: Oid, _ values: [[UInt8]?]) -> [UInt8] {
    if values.isEmpty { return bigEndian(Int32(0)) + bigEndian(Int32(0)) + bigEndian(element) }
    let hasNull = values.contains { $0 == nil }
    var bytes = bigEndian(Int32(1)) + bigEndian(Int32(hasNull ? 1 : 0)) + bigEndian(element)
    bytes += bigEndian(Int32(values.count)) + bigEndian(Int32(1))
    for value in values {
      bytes += bigEndian(value.map { Int32($0.count) } ?? -1)
      if let value { bytes += value }
    }
    return bytes
  }

  private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}

extension [PostgreSQLParameter] {
  /// Gives libpq the values.
  /// - Throws: `badRequest` for a text with a NUL character.
  func withLibpq<Result>(
    _ body: (
      _ types: [Oid], _ values: [UnsafePointer<CChar>?], _ lengths: [Int32], _ formats: [Int32]
    ) throws -> Result
  ) throws -> Result {
    guard !contains(where: \.hasNUL) else {
      throw ChannelError(.badRequest, "a text has a NUL character, which can't be stored")
    }
    // All values in one piece of memory. One byte more, so that an empty value has an address: none would be NULL.
    let all: [UInt8] = reduce(into: []) { $0 += $1.bytes ?? [] } + [0]
    return try all.withUnsafeBytes { memory in
      var (pointers, lengths, offset) = ([UnsafePointer<CChar>?](), [Int32](), 0)
      for parameter in self {
        let count = parameter.bytes?.count ?? 0
        let start = memory.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
        pointers.append(parameter.bytes == nil ? nil : start)
        lengths.append(Int32(count))
        offset += count
      }
      return try body(map(\.type), pointers, lengths, [Int32](repeating: 1, count: self.count))
    }
  }
}
