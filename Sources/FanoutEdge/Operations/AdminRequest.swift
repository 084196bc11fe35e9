import GRIP

/// What a request to `/admin/…` asks, by its head; the rest stands in its body.
///
/// **Spec**: docs/admin-api.md.
enum AdminRequest: Hashable, Sendable {
  case routes
  /// Which rule a request would meet; the body describes it.
  case match
  case channels(prefix: String, after: String?, limit: Int)
  case connections(ConnectionQuery)
  case stats
  /// Ends what the body names.
  case close
  /// One item for many channels.
  case publish

  /// Why a head asks nothing.
  struct Problem: Error, Hashable {
    var status: Int
    /// One line.
    var text: String
    /// The method that is right.
    var allow: String?
  }

  /// Reads a method and a path with its query, without `/admin`.
  init(method: String, target: Substring) throws(Problem) {
    let path = target.prefix { $0 != "?" }
    let query = try Self.query(target.dropFirst(path.count + 1))
    let isRead: Bool
    switch path {
    case "/routes": (self, isRead) = (.routes, true)
    case "/routes/match": (self, isRead) = (.match, false)
    case "/channels": (self, isRead) = (try Self.channels(query), true)
    case "/connections": (self, isRead) = (.connections(try Self.connections(query)), true)
    case "/stats": (self, isRead) = (.stats, true)
    case "/close": (self, isRead) = (.close, false)
    case "/publish": (self, isRead) = (.publish, false)
    default: throw Problem(status: 404, text: "Not Found")
    }
    guard isRead ? method == "GET" || method == "HEAD" : method == "POST" else {
      throw Problem(status: 405, text: "Method not allowed: \(method).", allow: isRead ? "GET, HEAD" : "POST")
    }
    if query.isEmpty { return }
    switch self {
    case .channels, .connections: break
    default: throw Problem(status: 400, text: "There are no query parameters here.")
    }
  }

  private static func channels(_ query: [(name: String, value: String)]) throws(Problem) -> AdminRequest {
    var (prefix, after, limit) = ("", String?.none, 100)
    for (name, value) in query {
      switch name {
      case "prefix": prefix = value
      case "after": after = value
      case "limit": limit = try number(value, name, in: 1...1000)
      default: throw unknown(name, accepted: "prefix, after, limit")
      }
    }
    return .channels(prefix: prefix, after: after, limit: limit)
  }

  private static func connections(_ parameters: [(name: String, value: String)]) throws(Problem) -> ConnectionQuery {
    var query = ConnectionQuery()
    for (name, value) in parameters {
      switch name {
      case "sort":
        guard let order = ConnectionQuery.Order(rawValue: value) else {
          throw Problem(status: 400, text: "sort takes queued, slow or age.")
        }
        query.order = order
      case "slow":
        guard value == "true" || value == "false" else { throw Problem(status: 400, text: "slow takes true or false.") }
        query.isSlow = value == "true"
      case "transport":
        let names = ["http"] + HoldKind.allCases.map(\.name)
        guard names.contains(value) else {
          throw Problem(status: 400, text: "transport takes \(names.joined(separator: ", ")).")
        }
        query.transport = value
      case "route": query.route = value
      case "channel": query.channel = value
      case "user": query.user = value
      case "offset": query.offset = try number(value, name, in: 0...10_000)
      case "limit": query.limit = try number(value, name, in: 1...1000)
      default: throw unknown(name, accepted: "sort, slow, transport, route, channel, user, offset, limit")
      }
    }
    return query
  }

  private static func unknown(_ name: String, accepted: String) -> Problem {
    Problem(status: 400, text: "There is no parameter '\(name)'; \(accepted) are accepted.")
  }

  private static func number(
    _ text: String, _ name: String, in range: ClosedRange<Int>
  ) throws(Problem) -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw Problem(status: 400, text: "\(name) takes a number from \(range.lowerBound) to \(range.upperBound).")
    }
    return number
  }

  /// `name=value` pairs between `&`, percent-decoded; `+` is a plus sign.
  private static func query(_ text: Substring) throws(Problem) -> [(name: String, value: String)] {
    var pairs: [(name: String, value: String)] = []
    for pair in text.split(separator: "&") {
      let name = pair.prefix { $0 != "=" }
      guard let decodedName = decoded(name), let value = decoded(pair.dropFirst(name.count + 1)) else {
        throw Problem(status: 400, text: "The query is not percent-encoded UTF-8.")
      }
      pairs.append((decodedName, value))
    }
    return pairs
  }

  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let digits = String(rest.prefix(2)), digits.count == 2, digits.allSatisfy(\.isHexDigit),
        let value = UInt8(digits, radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
