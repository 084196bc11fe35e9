import ServerKit

/// Flags of routes. `=false`, `=no` and `=0` turn them off (deviates: Pushpin counts presence only, Q-04).
enum RouteFlag {
  /// Whether the flag is on.
  static func read(_ property: RouteTokenizer.Property) throws(RouteFault) -> Bool {
    switch property.value?.lowercased() {
    case nil, "", "true", "yes", "1": return true
    case "false", "no", "0": return false
    default: throw RouteFault("\(property.name) is a flag: write it alone, or =true or =false")
    }
  }

  /// `; did you mean …?`, or nothing.
  static func suggestion(_ name: String, among names: [String]) -> String {
    NearestName.find(name, among: names).map { "; did you mean \($0)?" } ?? ""
  }
}
