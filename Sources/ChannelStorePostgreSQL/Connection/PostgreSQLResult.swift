import Channels
import CPostgreSQL

/// The answer to a statement; its memory is libpq's, and goes with it.
final class PostgreSQLResult {
  let handle: OpaquePointer
  fileprivate let columns: [String: Int32]

  /// Takes over libpq's result.
  init(_ handle: OpaquePointer) {
    self.handle = handle
    columns = Dictionary(
      (0..<PQnfields(handle)).map { (PQfname(handle, $0).map { String(cString: $0) } ?? "", $0) },
      uniquingKeysWith: { first, _ in first })
  }

  deinit { PQclear(handle) }

  /// How many rows were written.
  var affectedCount: Int { PQcmdTuples(handle).flatMap { Int(String(cString: $0)) } ?? 0 }

  var rows: [PostgreSQLRow] { (0..<PQntuples(handle)).map { PostgreSQLRow(result: self, number: $0) } }
}

/// A row, read by the names of its columns.
///
/// **Errors**: `internalServerError` where a column is missing, or is `NULL` and may not be: that is our own mistake.
struct PostgreSQLRow {
  fileprivate let result: PostgreSQLResult
  fileprivate let number: Int32

  private func value(_ name: String) throws -> UnsafeBufferPointer<UInt8>? {
    guard let column = result.columns[name] else {
      throw ChannelError(.internalServerError, "the store gave no \(name)")
    }
    if PQgetisnull(result.handle, number, column) != 0 { return nil }
    let count = Int(PQgetlength(result.handle, number, column))
    return PQgetvalue(result.handle, number, column).map { start in
      UnsafeBufferPointer(start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: count)
    }
  }

  private func required(_ name: String) throws -> UnsafeBufferPointer<UInt8> {
    guard let value = try value(name) else {
      throw ChannelError(.internalServerError, "the store gave no value for \(name)")
    }
    return value
  }

  func optionalText(_ name: String) throws -> String? {
    try value(name).map { String(decoding: $0, as: UTF8.self) }
  }

  func text(_ name: String) throws -> String { String(decoding: try required(name), as: UTF8.self) }

  func bytes(_ name: String) throws -> [UInt8] { Array(try required(name)) }

  func bool(_ name: String) throws -> Bool { try required(name).first == 1 }

  /// A number of any width that the server has.
  func optionalInteger(_ name: String) throws -> Int64? {
    guard let bytes = try value(name) else { return nil }
    switch bytes.count {
    case 2: return Int64(Int16(bitPattern: UInt16(truncatingIfNeeded: Self.unsigned(bytes))))
    case 4: return Int64(Int32(bitPattern: UInt32(truncatingIfNeeded: Self.unsigned(bytes))))
    case 8: return Int64(bitPattern: Self.unsigned(bytes))
    default: throw ChannelError(.internalServerError, "the store gave no number for \(name)")
    }
  }

  func integer(_ name: String) throws -> Int64 {
    guard let number = try optionalInteger(name) else {
      throw ChannelError(.internalServerError, "the store gave no value for \(name)")
    }
    return number
  }

  func count(_ name: String) throws -> Int { Int(try integer(name)) }

  private static func unsigned(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
