import CLinux

/// How many descriptors the process may have.
package enum DescriptorLimit {
  /// The soft limit of `RLIMIT_NOFILE`; 1024 where the system does not say.
  package static var current: Int {
    let limit = clinux_descriptor_limit()
    return limit > 0 ? Int(limit) : 1024
  }

  /// Raises the soft limit to the hard one, and gives what it is then.
  package static func raise() -> Int {
    let limit = clinux_raise_descriptor_limit()
    return limit > 0 ? Int(limit) : current
  }
}
