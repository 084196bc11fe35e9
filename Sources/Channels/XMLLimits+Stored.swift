package import XMPP

extension XMLLimits {
  /// For what a store holds: it was within limits when it came, and those may have been others.
  package static var stored: XMLLimits {
    var limits = XMLLimits()
    limits.maxDepth = 256
    limits.maxBytes = .max
    limits.maxAttributes = .max
    limits.maxElements = .max
    limits.maxChildren = .max
    limits.maxTagBytes = 1 << 30
    return limits
  }
}
