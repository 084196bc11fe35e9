import HTTPTypes
import Hummingbird

/// A route: a method, a path and what answers it.
struct Route: Sendable {
  /// One segment of a route's path.
  enum Segment: Sendable, Hashable {
    /// A static word, compared without regard to case.
    case word(String)
    /// A channel: anything with an `@`.
    case channel
    /// Anything, remembered under this name.
    case name(String)
  }

  /// What answers a route.
  typealias Handler = @Sendable (APICall) async throws -> Response

  var method: HTTPRequest.Method
  var path: [Segment]
  var handler: Handler

  /// A route. The path is written as in the documents: `/:channel/content/:node`.
  init(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler) {
    self.method = method
    self.path = path.split(separator: "/").map { segment in
      switch segment {
      case ":channel": .channel
      case _ where segment.hasPrefix(":"): .name(String(segment.dropFirst()))
      default: .word(segment.lowercased())
      }
    }
    self.handler = handler
  }

  /// The named parts of a path that this route describes; `nil` for another path.
  func match(_ segments: [String]) -> [String: String]? {
    guard segments.count == path.count else { return nil }
    var parameters: [String: String] = [:]
    for (pattern, segment) in zip(path, segments) {
      switch pattern {
      case .word(let word):
        guard segment.lowercased() == word else { return nil }
      case .channel:
        guard segment.contains("@") else { return nil }
        parameters["channel"] = segment
      case .name(let name):
        parameters[name] = segment
      }
    }
    return parameters
  }
}

/// All routes; the first that fits answers (buddycloud-http-api.md §2.9).
struct RouteTable: Sendable {
  var routes: [Route]

  /// What a path leads to.
  enum Match {
    case route(Route, parameters: [String: String])
    /// The path exists for other methods.
    case otherMethods([HTTPRequest.Method])
    case none
  }

  /// Finds the route of a request. `HEAD` is answered by the route of `GET`.
  func match(_ method: HTTPRequest.Method, _ segments: [String]) -> Match {
    let wanted = method == .head ? .get : method
    var others: [HTTPRequest.Method] = []
    for route in routes {
      guard let parameters = route.match(segments) else { continue }
      if route.method == wanted { return .route(route, parameters: parameters) }
      if !others.contains(route.method) { others.append(route.method) }
    }
    return others.isEmpty ? .none : .otherMethods(others)
  }

  /// What is wrong with a path of a channel whose channel is missing or none; `nil` for other paths that lead nowhere.
  static func channelFault(in segments: [String]) -> String? {
    let words: Set = ["content", "metadata", "subscribers"]
    let example = "the path looks like /alice@example.com/content/posts"
    if let first = segments.first, words.contains(first.lowercased()) {
      return "the channel before /\(first) is missing; \(example)"
    }
    if segments.count > 1, words.contains(segments[1].lowercased()), !segments[0].contains("@") {
      return "'\(segments[0])' is not a channel; \(example)"
    }
    return nil
  }
}
