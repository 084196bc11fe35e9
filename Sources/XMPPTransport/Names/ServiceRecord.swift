/// Where a service is, by a domain's SRV record.
///
/// **Spec**: RFC 2782.
package struct ServiceRecord: Sendable, Hashable {
  /// The lower, the earlier it is tried.
  package var priority: UInt16
  /// How often it is the first among those of one priority, beside the others' weights.
  package var weight: UInt16
  /// The port.
  package var port: UInt16
  /// The host; `nil` is the root, which says that the domain decidedly does not offer the service.
  package var target: DomainName?

  /// A record.
  package init(priority: UInt16, weight: UInt16, port: UInt16, target: DomainName?) {
    self.priority = priority
    self.weight = weight
    self.port = port
    self.target = target
  }

  /// In the order in which they are to be tried: by priority, and among equals at random with their weights.
  package static func ordered<Element>(
    _ elements: [Element], record: (Element) -> ServiceRecord, using random: inout some RandomNumberGenerator
  ) -> [Element] {
    var ordered: [Element] = []
    for (_, group) in Dictionary(grouping: elements, by: { record($0).priority }).sorted(by: { $0.key < $1.key }) {
      // Those of weight 0 first: then they are chosen only where the random number is 0.
      var left = group.filter { record($0).weight == 0 } + group.filter { record($0).weight > 0 }
      while !left.isEmpty {
        let chosen = Int.random(in: 0...left.reduce(0) { $0 + Int(record($1).weight) }, using: &random)
        var sum = 0
        let index = left.firstIndex { element in
          sum += Int(record(element).weight)
          return sum >= chosen
        }
        ordered.append(left.remove(at: index ?? 0))
      }
    }
    return ordered
  }
}
