/// An XMPP address, prepared: two equal addresses are equal values.
///
/// **Shape**: `[local@]domain[/resource]`, each part 1 to 1023 bytes of UTF-8.
/// **Spec**: RFC 7622.
public struct JID: Sendable, Hashable, CustomStringConvertible {
  /// The part before `@`, `nil` for a server or component.
  public let local: String?
  /// The domain.
  public let domain: String
  /// The part after the first `/`.
  public let resource: String?

  /// Reads and prepares an address.
  public init(_ text: String) throws(JIDError) { fatalError() }

  /// Puts an address together from its parts, and prepares it.
  public init(local: String?, domain: String, resource: String? = nil) throws(JIDError) { fatalError() }

  /// The address without its resource.
  public var bare: JID { fatalError() }

  public var description: String { fatalError() }
}

/// Why a text is not an address.
public struct JIDError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong and what is accepted.
  public let description: String
}
