import GRIP

/// The answers of the admin API as tables.
enum AdminTables {
  /// Routes, a line each.
  static func routes(_ value: JSONValue) -> String {
    var table = TextTable(["ROUTE", "HOST", "PATH", "TARGETS", ""])
    for route in value.member("routes")?.elements ?? [] {
      table.add([
        route.text("id"), route.text("host"), route.member("path-beg")?.asText ?? "*",
        (route.member("targets")?.elements ?? []).compactMap(\.asText).joined(separator: " "),
        [route.member("grip") == .bool(false) ? "no_grip" : nil, route.member("debug") == .bool(true) ? "debug" : nil]
          .compactMap { $0 }.joined(separator: ","),
      ])
    }
    return table.text
  }

  /// What would become of a request.
  static func match(_ value: JSONValue) -> String {
    guard let route = value.member("route"), route != .null else {
      return "no route: the client would get 502 Route not found"
    }
    let targets = (route.member("targets")?.elements ?? []).compactMap(\.asText)
    var lines = ["route    \(route.text("id"))", "targets  \(targets.joined(separator: ", then "))"]
    if value.member("trusted") == .bool(true) { lines.append("trusted  the signature of a proxy in front is right") }
    if let request = value.member("request") {
      lines.append("sent     \(request.text("method")) \(request.text("target"))")
      lines.append("         Host: \(request.text("host"))")
      for header in request.member("headers")?.elements ?? [] {
        lines.append("         \(header.elements.compactMap(\.asText).joined(separator: ": "))")
      }
    }
    return lines.joined(separator: "\n")
  }

  /// Channels, a line each.
  static func channels(_ value: JSONValue) -> String {
    let channels = value.member("channels")?.elements ?? []
    let transports = channels.first?.member("members")?.members.map(\.name) ?? []
    var table = TextTable(["CHANNEL"] + transports.map { $0.uppercased() }, numbers: Set(1...max(1, transports.count)))
    for channel in channels {
      table.add([channel.text("channel")] + transports.map { "\(channel.member("members")?.member($0)?.count ?? 0)" })
    }
    guard let next = value.member("next")?.asText else { return table.text }
    return table.text + "\nthere are more: --after '\(next)'"
  }

  /// Connections, a line each.
  static func connections(_ value: JSONValue) -> String {
    var table = TextTable(
      ["ID", "PEER", "TRANSPORT", "STATE", "AGE", "QUEUED", "SLOW", "ROUTE", "USER", "CHANNELS"], numbers: [0, 4, 5, 6])
    let connections = value.member("connections")?.elements ?? []
    for connection in connections {
      table.add([
        "\(connection.member("id")?.count ?? 0)", connection.text("peer"), connection.text("transport"),
        connection.text("state"), age(connection.member("age-ms")?.count),
        "\(connection.member("queued-bytes")?.count ?? 0)", age(connection.member("slow-ms")?.count),
        connection.text("route"), connection.text("user"),
        (connection.member("channels")?.elements ?? []).compactMap(\.asText).joined(separator: " "),
      ])
    }
    return table.text + "\n\(connections.count) of \(value.member("total")?.count ?? 0)"
  }

  /// Figures, a line each; groups indented.
  static func stats(_ value: JSONValue, indent: String = "") -> String {
    value.members.map { member in
      switch member.value {
      case .object:
        "\(indent)\(member.name)\n\(stats(member.value, indent: indent + "  "))"
      case .string(let text): "\(indent)\(member.name)  \(text)"
      default: "\(indent)\(member.name)  \(member.value.count ?? 0)"
      }
    }.joined(separator: "\n")
  }

  /// Milliseconds in the largest unit that says enough.
  static func age(_ milliseconds: Int?) -> String {
    guard let milliseconds else { return "-" }
    switch milliseconds {
    case ..<10_000: return "\(milliseconds) ms"
    case ..<600_000: return "\(milliseconds / 1000) s"
    case ..<36_000_000: return "\(milliseconds / 60_000) min"
    default: return "\(milliseconds / 3_600_000) h"
    }
  }
}

extension JSONValue {
  /// The members of an object; none of anything else.
  var members: [JSONObject.Member] { if case .object(let object) = self { object.members } else { [] } }
  /// The elements of an array; none of anything else.
  var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
  /// A string.
  var asText: String? { if case .string(let text) = self { text } else { nil } }
  /// A whole number.
  var count: Int? { if case .number(let number) = self { number.roundedInteger } else { nil } }

  /// A member of an object.
  func member(_ name: String) -> JSONValue? { if case .object(let object) = self { object[name] } else { nil } }
  /// A member's text; `-` where there is none.
  func text(_ name: String) -> String { member(name)?.asText ?? "-" }
}
