#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The names that came lately, so that the same few are not made into strings again with each stanza.
///
/// A table of fixed size; of two names that want one place the later has it. One table may serve all parsers of an event
/// loop.
///
/// **Isolation**: one thread at a time.
public final class XMLNameTable {
  /// A name, in the forms that are asked for.
  final class Name {
    fileprivate let bytes: [UInt8]
    /// The namespace, empty for none.
    let namespace: String
    /// The local name.
    let local: String
    /// The key in ``XMLElement/attributes``.
    let attributeKey: String

    fileprivate init(_ bytes: UnsafeRawBufferPointer) {
      self.bytes = Array(bytes)
      if let end = bytes.lastIndex(of: XMLNameTable.separator) {
        namespace = String(decoding: bytes[..<end], as: UTF8.self)
        local = String(decoding: bytes[(end + 1)...], as: UTF8.self)
      } else {
        namespace = ""
        local = String(decoding: bytes, as: UTF8.self)
      }
      switch namespace {
      case "": attributeKey = local
      case XMLTreeBuilder.xmlNamespace: attributeKey = "xml:\(local)"
      default: attributeKey = "{\(namespace)}\(local)"
      }
    }
  }

  /// Between namespace and name in what expat reports. No XML document can contain it, not even as a reference, so no
  /// namespace can be made to look like another's name (CVE-2022-25236).
  static let separator: UInt8 = 1
  /// Longer names than this are not kept.
  private static let maxKeptBytes = 256
  private static let slotCount = 512

  @exclusivity(unchecked) private var slots: [Name?]

  /// An empty table.
  public init() {
    slots = Array(repeating: nil, count: Self.slotCount)
  }

  /// The name that expat reports as `namespace separator local`.
  func name(_ text: UnsafePointer<CChar>) -> Name {
    let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
    guard bytes.count <= Self.maxKeptBytes else { return Name(bytes) }
    let slot = Self.slot(of: bytes)
    if let known = slots[slot], Self.isEqual(known.bytes, bytes) { return known }
    let name = Name(bytes)
    slots[slot] = name
    return name
  }

  /// Local names differ at their end, namespaces in their middle; where that is the same for two names they share a place.
  private static func slot(of bytes: UnsafeRawBufferPointer) -> Int {
    let count = bytes.count
    var hash = UInt64(truncatingIfNeeded: count)
    if count >= 8 {
      hash ^= bytes.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
      hash = hash &* 0x9E37_79B9_7F4A_7C15
      hash ^= bytes.loadUnaligned(fromByteOffset: (count - 8) / 2, as: UInt64.self)
    } else {
      for byte in bytes { hash = hash << 8 | UInt64(byte) }
    }
    hash = hash &* 0xBF58_476D_1CE4_E5B9
    return Int(truncatingIfNeeded: (hash ^ hash >> 32) >> 16) & (slotCount - 1)
  }

  private static func isEqual(_ known: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard known.count == bytes.count, let start = bytes.baseAddress else { return known.isEmpty && bytes.isEmpty }
    return known.withUnsafeBytes { $0.baseAddress.map { memcmp($0, start, bytes.count) == 0 } ?? true }
  }
}

@available(*, unavailable)
extension XMLNameTable: Sendable {}
