/// An XMPP address, prepared: two equal addresses are equal values.
///
/// **Shape**: `[local@]domain[/resource]`, each part 1 to 1023 bytes of UTF-8.
/// **Spec**: RFC 7622. What of PRECIS (RFC 8264) is covered, and what not, stands at ``AddressPreparation``.
public struct JID: Sendable, Hashable, CustomStringConvertible {
  /// The part before `@`, `nil` for a server or component.
  public let local: String?
  /// The domain.
  public let domain: String
  /// The part after the first `/`.
  public let resource: String?

  /// Reads and prepares an address.
  public init(_ text: String) throws(JIDError) {
    guard text.utf8.count <= 3071 else {
      throw JIDError(description: "an address has at most 3071 bytes, this one has \(text.utf8.count)")
    }
    var rest = text[...]
    var resource: String?
    if let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) {
      resource = String(rest[rest.utf8.index(after: slash)...])
      rest = rest[..<slash]
    }
    var local: String?
    if let at = rest.utf8.firstIndex(of: UInt8(ascii: "@")) {
      local = String(rest[..<at])
      rest = rest[rest.utf8.index(after: at)...]
    }
    try self.init(local: local, domain: String(rest), resource: resource)
  }

  /// Puts an address together from its parts, and prepares it.
  public init(local: String?, domain: String, resource: String? = nil) throws(JIDError) {
    if let local {
      self.local = try AddressPreparation.local(local)
    } else {
      self.local = nil
    }
    self.domain = try AddressPreparation.domain(domain)
    if let resource {
      self.resource = try AddressPreparation.resource(resource)
    } else {
      self.resource = nil
    }
  }

  /// An address that was prepared before, as a store gives it back: split, not checked again.
  package init(prepared text: String) {
    var rest = text[...]
    if let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) {
      resource = String(rest[rest.utf8.index(after: slash)...])
      rest = rest[..<slash]
    } else {
      resource = nil
    }
    if let at = rest.utf8.firstIndex(of: UInt8(ascii: "@")) {
      local = String(rest[..<at])
      rest = rest[rest.utf8.index(after: at)...]
    } else {
      local = nil
    }
    domain = String(rest)
  }

  private init(preparedLocal: String?, domain: String) {
    local = preparedLocal
    self.domain = domain
    resource = nil
  }

  /// The address without its resource.
  public var bare: JID { resource == nil ? self : JID(preparedLocal: local, domain: domain) }

  /// The address as text, in its prepared form.
  public var description: String {
    var text = domain
    if let local { text = "\(local)@\(text)" }
    if let resource { text += "/\(resource)" }
    return text
  }
}

/// Why a text is not an address.
public struct JIDError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong and what is accepted.
  public let description: String
}
